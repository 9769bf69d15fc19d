import * as http2 from "node:http2";
import * as tls from "node:tls";
import { WebSocket } from "ws";

/** A phone before the door: with a certificate, or (`undefined`) without. */
export interface Device {
  readonly port: number;
  /** The `servers` root, PEM. */
  readonly ca: string;
  readonly identity: { readonly certificate: string; readonly key: string } | undefined;
}

export interface Answer {
  /** The HTTP status; 0 when the connection was closed without one. */
  readonly status: number;
  /** Without an answer: what became of the connection. */
  readonly body: string;
  /** Did TLS resume the session that was offered? */
  readonly resumed: boolean;
  /** The newest session that could be resumed. */
  readonly session: Buffer | undefined;
}

type TlsVersion = "TLSv1.2" | "TLSv1.3";

function optionsOf({ port, ca, identity }: Device, more: tls.ConnectionOptions = {}): tls.ConnectionOptions {
  const own = identity === undefined ? {} : { cert: identity.certificate, key: identity.key };
  return { host: "127.0.0.1", port, ca, servername: "localhost", ...own, ...more };
}

export interface Question {
  readonly version?: TlsVersion;
  readonly session?: Buffer;
  /** Replaces the request's first lines. */
  readonly head?: string;
  /** The name in the handshake, whoever answers; `""` is none. */
  readonly servername?: string;
}

/** One request on a connection of its own. */
export function ask(
  device: Device,
  { version, session, head = "GET / HTTP/1.1\r\nHost: localhost", servername }: Question = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = tls.connect(
      optionsOf(device, {
        ...(version && { minVersion: version, maxVersion: version }),
        ...(session && { session }),
        ...(servername !== undefined && { servername, checkServerIdentity: () => undefined }),
      }),
    );
    let text = "";
    let newest: Buffer | undefined;
    let resumed = false;
    let failure = "";
    socket.on("session", (given: Buffer) => {
      newest = given;
    });
    socket.on("secureConnect", () => {
      resumed = socket.isSessionReused();
      socket.write(`${head}\r\nConnection: close\r\n\r\n`);
    });
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", (error) => {
      failure = error.message;
    });
    socket.setTimeout(5_000, () => socket.destroy(new Error("no answer within 5 s")));
    socket.on("close", () => {
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
      resolve({ status, body: status === 0 ? failure : text.slice(text.indexOf("\r\n\r\n") + 4), resumed, session: newest });
    });
  });
}

/** A connection that is kept open between requests. */
export interface KeptConnection {
  /** The status; 0 when the connection is closed, or closes. */
  ask(): Promise<number>;
  close(): void;
}

export function keepAlive(device: Device): KeptConnection {
  const socket = tls.connect(optionsOf(device));
  let isClosed = false;
  socket.on("error", () => {});
  socket.on("close", () => {
    isClosed = true;
  });
  return {
    ask: () =>
      new Promise((resolve) => {
        if (isClosed) return resolve(0);
        const closed = () => resolve(0);
        socket.once("close", closed);
        socket.once("data", (chunk: Buffer) => {
          socket.off("close", closed);
          resolve(Number(chunk.toString("latin1").slice(9, 12)));
        });
        socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      }),
    close: () => void socket.destroy(),
  };
}

export function keepHttp2(device: Device): KeptConnection {
  const { host: _, port: __, ...options } = optionsOf(device);
  const session = http2.connect(`https://localhost:${device.port}`, { ...options, host: "127.0.0.1", ALPNProtocols: ["h2"] });
  session.on("error", () => {});
  return {
    ask: () =>
      new Promise((resolve) => {
        if (session.closed || session.destroyed) return resolve(0);
        const stream = session.request({ ":path": "/", ":authority": "localhost" });
        let status = 0;
        stream.on("response", (headers) => {
          status = Number(headers[":status"] ?? 0);
        });
        stream.on("error", () => {});
        stream.on("close", () => resolve(status));
        stream.resume();
        stream.end();
      }),
    close: () => session.destroy(),
  };
}

/** A WebSocket that is open, and when it closed. */
export interface OpenSocket {
  echo(text: string): Promise<string>;
  readonly isOpen: boolean;
  close(): void;
}

export function openSocket(device: Device): Promise<OpenSocket> {
  return new Promise((resolve, reject) => {
    const { port, ca, identity } = device;
    const socket = new WebSocket(`wss://localhost:${port}/`, {
      ca,
      ...(identity ? { cert: identity.certificate, key: identity.key } : {}),
    });
    socket.once("error", reject);
    socket.once("open", () => {
      socket.on("error", () => {});
      resolve({
        echo: (text) =>
          new Promise((answer) => {
            socket.once("message", (message) => answer(message.toString()));
            socket.send(text);
          }),
        get isOpen() {
          return socket.readyState === WebSocket.OPEN;
        },
        close: () => socket.terminate(),
      });
    });
  });
}
