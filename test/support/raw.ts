import { connect as connectTcp, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";

/** Where an attacker's octets go, and from which address. */
export interface Target {
  readonly port: number;
  readonly host?: string;
  /** The attacker's own address. */
  readonly from?: string;
  /** The certificate that is shown in TLS, and its key: PEM. */
  readonly identity?: { readonly certificate: string; readonly key: string } | undefined;
  /** What is said before TLS: a proxy's line. */
  readonly first?: string;
}

/** A TCP connection that says nothing; undefined when it can't be had. */
export function openSilent({ port, host = "127.0.0.1", from }: Target): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
    socket.on("error", () => {});
  });
}

/** A TLS connection over which octets are sent as they are; undefined when it can't be had. */
export function openTls({ port, host = "127.0.0.1", from, identity, first }: Target): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const tcp = connectTcp({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
    tcp.once("error", () => resolve(undefined));
    if (first !== undefined) tcp.write(first, "latin1");
    const own = identity === undefined ? {} : { cert: identity.certificate, key: identity.key };
    const socket = connectTls({ socket: tcp, servername: "localhost", rejectUnauthorized: false, ...own });
    socket.once("secureConnect", () => resolve(socket));
    socket.on("error", () => resolve(undefined));
    socket.once("close", () => resolve(undefined));
  });
}

export interface Heard {
  /** Of each answer that came. */
  readonly statuses: readonly number[];
  readonly text: string;
  /** Did the service close the connection by itself? */
  readonly isClosed: boolean;
}

/** Sends octets, and answers all that comes back until the service closes, or has been quiet for a while. */
export async function sendRaw(target: Target, octets: string | Buffer, quietMillis = 700): Promise<Heard> {
  const socket = await openTls(target);
  if (socket === undefined) return { statuses: [], text: "", isClosed: true };
  let text = "";
  let isClosed = false;
  let heardAt = Date.now();
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    heardAt = Date.now();
  });
  socket.once("close", () => {
    isClosed = true;
  });
  socket.write(typeof octets === "string" ? Buffer.from(octets, "latin1") : octets);
  while (!isClosed && Date.now() - heardAt < quietMillis) await delay(20);
  socket.destroy();
  const statuses = [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));
  return { statuses, text, isClosed };
}

/** The first octets that a client says in TLS. */
export function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk);
        done();
      },
    });
    connectTls({ socket: wire, servername: "localhost" }).on("error", () => {});
  });
}
