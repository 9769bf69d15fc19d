import { constants } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { ServerCertificate } from "../../../clients/connect/server-certificate.js";
import { asNetwork, formatHost, hostOf, portOf } from "../../address.js";
import { BOUNDS, QUIET_MILLIS, STRICT_TLS } from "../bounds.js";
import { limitConnections, MOST_SOCKETS } from "../connections.js";
import { configuredLan, type Lan } from "../lan.js";
import { refuseMalformed } from "../malformed.js";
import type { Refusals } from "../refusals.js";
import { readProxyLine } from "./proxy-protocol.js";

export interface DevicesListenerOptions {
  /** Answers requests; `clientOf` says whom one is from: the peer itself, or whom a trusted proxy has named. */
  readonly app: (clientOf: (request: IncomingMessage) => string) => RequestListener;
  readonly identity: ServerCertificate;
  /** PEM: the `devices` authority, and those that were adopted. */
  readonly devicesCas: readonly string[];
  readonly lan: Pick<Lan, "has">;
  /** Proxies that begin each connection with the PROXY protocol, and may speak for anybody: the certificate is checked here all the same. */
  readonly trustedProxies: readonly string[];
  readonly refusals: Refusals;
}

/** Where devices come with the certificate that they have. */
export interface DevicesListener {
  /** Binds. Rejects with the error of the system. Answers `host:port` as bound. */
  listen(address: string): Promise<string>;
  show(identity: ServerCertificate): void;
  close(): Promise<void>;
}

/**
 * TLS that asks for a device's certificate. From the LAN a handshake without one goes on, so that a person can be told what is missing; through
 * a proxy, behind which may be the whole internet, there is no handshake without a certificate of ours.
 */
export function createDevicesListener(options: DevicesListenerOptions): DevicesListener {
  const { lan, refusals } = options;
  const proxies = configuredLan(options.trustedProxies.map(asNetwork));
  /** Every connection, by its peer's address and port, with whom it is of. */
  const connections = new Map<string, { readonly client: string; readonly socket: Socket }>();
  const endOf = ({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">) => `${remoteAddress} ${remotePort}`;
  const app = options.app(({ socket }) => connections.get(endOf(socket))?.client ?? "");
  const servers = { near: createTls(options, app, false), far: createTls(options, app, true) };
  const listener = createServer((socket) => void accept(socket).catch(() => socket.destroy()));
  listener.maxConnections = MOST_SOCKETS;
  const isProxy = (peer: string) => proxies.has(peer);
  const guard = { mayConnect: (peer: string) => isProxy(peer) || lan.has(peer), isProxy, announces: true };
  const limit = limitConnections(listener, guard, refusals, Object.values(servers));

  async function accept(socket: Socket): Promise<void> {
    // There was no room for it, or it is from nowhere that may come.
    if (socket.destroyed) return;
    socket.on("error", () => socket.destroy());
    const peer = socket.remoteAddress ?? "";
    const isFar = isProxy(peer);
    const client = isFar ? await readProxyLine(socket) : peer;
    if (client === undefined) {
      refusals.add("NOT_ON_LAN", peer);
      return void socket.destroy();
    }
    if (isFar && !limit.isOf(socket, client)) {
      refusals.add("TOO_MANY_REQUESTS", client);
      return void socket.destroy();
    }
    const end = endOf(socket);
    connections.set(end, { client, socket });
    socket.once("close", () => connections.delete(end));
    (isFar ? servers.far : servers.near).emit("connection", socket);
  }

  return {
    listen: (address) =>
      new Promise((resolve, reject) => {
        listener.once("error", reject);
        listener.listen({ host: hostOf(address), port: portOf(address) }, () => {
          const bound = listener.address() as AddressInfo;
          resolve(`${formatHost(bound.address)}:${bound.port}`);
        });
      }),
    show(identity) {
      for (const server of Object.values(servers)) server.setSecureContext(secureContext(options.devicesCas, identity));
    },
    close: () =>
      new Promise((resolve) => {
        for (const server of Object.values(servers)) {
          server.closeAllConnections();
          // It has never listened, but looks at its requests' time.
          server.close(() => {});
        }
        listener.close(() => resolve());
        // Those that are still in the handshake, or before it.
        for (const { socket } of connections.values()) socket.destroy();
      }),
  };
}

function secureContext(devicesCas: readonly string[], { certificate, key }: ServerCertificate) {
  return {
    cert: certificate,
    key,
    ca: [...devicesCas],
    ...STRICT_TLS,
    // A session that is resumed shows no certificate; and whether it still stands is looked up each time.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

function createTls(
  { devicesCas, identity, refusals }: DevicesListenerOptions,
  app: RequestListener,
  mustHaveCertificate: boolean,
): HttpsServer {
  const server = createHttpsServer(
    {
      ...secureContext(devicesCas, identity),
      requestCert: true,
      rejectUnauthorized: mustHaveCertificate,
      ...BOUNDS,
    },
    app,
  );
  server.timeout = QUIET_MILLIS;
  refuseMalformed(server, refusals);
  // It is handed its connections, and listens nowhere; but Node looks at how long a request takes only in servers that do, from this event on.
  server.emit("listening");
  return server;
}
