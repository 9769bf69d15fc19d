import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type Credential, isDueForRenewal } from "../../clients/connect/credential.js";
import { requestServerCertificate, type ServerCertificate } from "../../clients/connect/server-certificate.js";
import { explainListening, formatHost, hostOf, portOf } from "../address.js";
import type { Log } from "../log.js";
import { createApp } from "./app.js";
import { Downloads } from "./downloads.js";
import { createFormTokens } from "./form-token.js";
import { createGuard, type Guard } from "./guard.js";
import { automaticLan, configuredLan } from "./lan.js";
import { createLimits } from "./limits.js";
import { openOwnConnection } from "./own-credential.js";
import { createRootSource } from "./trust.js";
import { createUploadTickets } from "./upload-tickets.js";

export interface EnrollmentOptions {
  /** An operator's credential of the role `enrollment`, with the names that it may serve. */
  readonly credential: Credential;
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly listen: string;
  /** The LAN in CIDR notation; by default this host's own private networks. */
  readonly lan?: readonly string[];
  readonly trustedProxies: readonly string[];
  /** More names that the service is called by, beside the credential's: those of a certificate of the user's own. */
  readonly names?: readonly string[];
  /** A certificate of the user's own: PEM texts. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly log: Log;
}

export interface RunningEnrollment {
  /** `host:port` as really bound. */
  readonly address: string;
  /** What the owner must be told. */
  readonly warning: string | undefined;
  close(): Promise<void>;
}

const CONNECTIONS = 512;
const CONNECTIONS_OF_ONE = 32;
const RENEWAL_CHECK_MILLIS = 3600_000;

/** The port can't be had: another try does not help. */
class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code = "UNAVAILABLE";
}

/** Starts the enrolment service: what phones see. It holds no key of the CA, and writes nothing to a disk. */
export async function startEnrollment(options: EnrollmentOptions): Promise<RunningEnrollment> {
  const { credential, log, tls } = options;
  const lan = options.lan === undefined ? automaticLan() : configuredLan(options.lan);
  const names = [...(credential.serverNames ?? []), ...(options.names ?? [])];
  const guard = createGuard({ lan, trustedProxies: options.trustedProxies, names });
  const own = openOwnConnection(credential, log);
  try {
    const requestIdentity = () => requestServerCertificate(own.current(), credential.serverNames ?? []);
    let identity: ServerCertificate = tls ?? (await requestIdentity());
    const app = createApp({
      connection: own.current,
      root: createRootSource(own.current),
      guard,
      limits: createLimits(),
      downloads: new Downloads(),
      formTokens: createFormTokens(),
      uploadTickets: createUploadTickets(),
      hasOwnCertificate: tls !== undefined,
      log,
    });
    const server = createServer(
      {
        key: identity.key,
        cert: identity.certificate,
        minVersion: "TLSv1.2",
        maxHeaderSize: 16 * 1024,
        headersTimeout: 10_000,
        requestTimeout: 20_000,
        handshakeTimeout: 10_000,
        keepAliveTimeout: 5_000,
      },
      app,
    );
    server.maxConnections = CONNECTIONS;
    refuseStrangers(server, guard, log);
    await listen(server, options.listen);

    const renewal = setInterval(() => {
      const renew = async () => {
        const at = new Date();
        await own.renewIfDue(at);
        // A certificate of the user's own is the user's to renew.
        if (tls !== undefined || !isDueForRenewal(identity.certificate, at)) return;
        identity = await requestIdentity();
        // Connections that are open go on; new ones see the new certificate.
        server.setSecureContext({ key: identity.key, cert: identity.certificate });
      };
      renew().catch((error: unknown) =>
        log("service.failed", { what: "renewal of own certificates", error: error instanceof Error ? error.message : String(error) }),
      );
    }, RENEWAL_CHECK_MILLIS).unref();

    const { address, port } = server.address() as AddressInfo;
    const bound = `${formatHost(address)}:${port}`;
    log("enrollment.started", { address: bound, lan: lan.networks, warning: lan.warning });
    return {
      address: bound,
      warning: lan.warning,
      async close() {
        clearInterval(renewal);
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
        own.close();
      },
    };
  } catch (error) {
    own.close();
    throw error;
  }
}

/** Before TLS: a peer that is not on the LAN gets no handshake, and no peer gets more than its share of connections. */
function refuseStrangers(server: Server, guard: Guard, log: Log): void {
  const open = new Map<string, number>();
  server.prependListener("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    if (!guard.mayConnect(address)) {
      log("enrollment.refused", { reason: "NOT_ON_LAN", address });
      socket.destroy();
      return;
    }
    const count = (open.get(address) ?? 0) + 1;
    if (count > CONNECTIONS_OF_ONE) {
      log("enrollment.refused", { reason: "TOO_MANY_REQUESTS", address });
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
  // A handshake that fails is the other side's business; it must not end the service.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(new ListenError(explainListening(address, "--enroll", cause), { cause })));
    server.listen({ host: hostOf(address), port: portOf(address) }, resolve);
  });
}
