import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { type Credential, isDueForRenewal } from "../../clients/connect/credential.js";
import { requestProfileSigner } from "../../clients/connect/profile-signer.js";
import { requestServerCertificate, type ServerCertificate } from "../../clients/connect/server-certificate.js";
import { explainListening, formatHost, hostOf, portOf } from "../address.js";
import type { Log } from "../log.js";
import type { OwnCertificateFiles } from "../own-certificate.js";
import { repeatedly } from "../repeatedly.js";
import { createApp } from "./app.js";
import { BOUNDS, QUIET_MILLIS, STRICT_TLS } from "./bounds.js";
import { limitConnections, MOST_SOCKETS } from "./connections.js";
import { createDevicesPort, type DevicesOptions } from "./devices/port.js";
import { Downloads } from "./downloads.js";
import { createFormTokens } from "./form-token.js";
import { createGuard } from "./guard.js";
import { createLimits } from "./limits.js";
import { refuseMalformed } from "./malformed.js";
import { openOwnCertificate } from "./own-certificate.js";
import { openOwnConnection } from "./own-credential.js";
import { PendingKeys } from "./pending-keys.js";
import { findPlace } from "./place.js";
import { openProfileSigning, UNSIGNED } from "./profile-signing.js";
import { createRefusals, reportRefusals } from "./refusals.js";
import { createRootSource } from "./trust.js";
import { createUploadTickets } from "./upload-tickets.js";
import { askWindow, createWindow, type OpenWhen } from "./window.js";

export interface EnrollmentOptions {
  /** An operator's credential of the role `enrollment`, with the names that it may serve. */
  readonly credential: Credential;
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly listen: string;
  /** The LAN in CIDR notation; by default this host's own private networks. */
  readonly lan?: readonly string[];
  readonly trustedProxies: readonly string[];
  /** Where devices come with their certificate; left out: nowhere. */
  readonly devices?: DevicesOptions;
  /** Whom the port answers; by default who is invited. */
  readonly open?: OpenWhen;
  /** More names that the service is called by, beside the credential's: those of a certificate of the user's own. */
  readonly names?: readonly string[];
  /** A certificate of the user's own. */
  readonly tls?: OwnCertificateFiles;
  /** Sign profiles (`.mobileconfig`): by `tls` where there is one, which phones trust from the start; else by a certificate that is made for it. */
  readonly signProfiles?: boolean;
  readonly log: Log;
}

export interface RunningEnrollment {
  /** `host:port` as really bound. */
  readonly address: string;
  /** The devices' port; empty when there is none. */
  readonly devices: string;
  /** What the owner must be told. */
  readonly warning: string | undefined;
  close(): Promise<void>;
}

const RENEWAL_CHECK_MILLIS = 3600_000;
/** How soon it answers under this host's new address. */
const PLACE_MILLIS = 10_000;

/** The port can't be had: another try does not help. */
class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code = "UNAVAILABLE";
}

/** Starts the enrolment service: what phones see. It holds no key of the CA, and writes nothing to a disk. */
export async function startEnrollment(options: EnrollmentOptions): Promise<RunningEnrollment> {
  const { credential, log } = options;
  const tls = options.tls === undefined ? undefined : await openOwnCertificate(options.tls, log);
  const place = await findPlace(credential, { lan: options.lan, names: options.names ?? [] });
  const lan = { has: (address: string) => place.lan().has(address) };
  const guard = createGuard({ lan, trustedProxies: options.trustedProxies, names: place.names });
  const own = openOwnConnection(credential, log);
  const refusals = createRefusals({ log, report: (counts, since) => reportRefusals(own.current(), counts, since) });
  try {
    const requestIdentity = () => requestServerCertificate(own.current(), credential.serverNames ?? []);
    let identity: ServerCertificate = tls?.current() ?? place.certificate() ?? (await requestIdentity());
    const requestSigner = () => requestProfileSigner(own.current());
    const signing = options.signProfiles
      ? await openProfileSigning({ own: tls?.current, kept: place.profileSigner(), request: requestSigner, log })
      : UNSIGNED;
    const devices = createDevicesPort(options.devices, {
      identity: () => identity,
      names: place.names,
      lan,
      refusals,
      log,
      connection: own.current,
      enrollmentPort: () => (server.address() as AddressInfo | null)?.port,
    });
    const downloads = new Downloads();
    const window = createWindow({
      open: options.open ?? "invitations",
      ask: () => askWindow(own.current()),
      isHolding: () => !downloads.isEmpty,
    });
    const app = createApp({
      connection: own.current,
      root: createRootSource(own.current),
      guard,
      window,
      limits: createLimits(),
      refusals,
      downloads,
      pendingKeys: new PendingKeys(),
      formTokens: createFormTokens(),
      uploadTickets: createUploadTickets(),
      hasOwnCertificate: tls !== undefined,
      signProfile: signing.sign,
      devicesPort: () => (devices.address === "" ? undefined : portOf(devices.address)),
      log,
    });
    const server = createServer(
      {
        key: identity.key,
        cert: identity.certificate,
        ...STRICT_TLS,
        ...BOUNDS,
      },
      app,
    );
    server.timeout = QUIET_MILLIS;
    server.maxConnections = MOST_SOCKETS;
    limitConnections(server, guard, refusals, [server]);
    refuseMalformed(server, refusals);
    await listen(server, options.listen);
    await devices.open();

    const show = (next: ServerCertificate) => {
      identity = next;
      // Connections that are open go on; new ones see the new certificate.
      server.setSecureContext({ key: identity.key, cert: identity.certificate, ...STRICT_TLS });
      devices.refresh();
    };
    const stops: (() => Promise<void>)[] = [];
    const repeat = (everyMillis: number, what: string, work: () => Promise<void>) => {
      const fail = (error: unknown) => log("service.failed", { what, error: error instanceof Error ? error.message : String(error) });
      stops.push(repeatedly(everyMillis, work, fail));
    };
    repeat(PLACE_MILLIS, "a look at its place", async () => {
      if (tls !== undefined && (await tls.look())) show(tls.current());
      await devices.open();
      const replaced = await place.look();
      if (replaced.credential !== undefined) own.adopt(replaced.credential);
      if (tls === undefined && replaced.certificate !== undefined) show(replaced.certificate);
      if (replaced.profileSigner !== undefined) signing.adopt(replaced.profileSigner);
    });
    repeat(RENEWAL_CHECK_MILLIS, "renewal of own certificates", async () => {
      const at = new Date();
      await own.renewIfDue(at);
      // A certificate of the user's own is the user's to renew.
      if (tls === undefined && isDueForRenewal(identity.certificate, at)) show(await requestIdentity());
    });
    repeat(RENEWAL_CHECK_MILLIS, "renewal of what signs profiles", () => signing.renewIfDue(new Date()));

    const { address, port } = server.address() as AddressInfo;
    const bound = `${formatHost(address)}:${port}`;
    const { networks, warning } = place.lan();
    log("enrollment.started", { address: bound, devices: devices.address, lan: networks, warning });
    return {
      address: bound,
      devices: devices.address,
      warning: [warning, devices.problem].filter((text) => text !== undefined).join(" ") || undefined,
      async close() {
        const ended = Promise.all(stops.map((stop) => stop()));
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
        await refusals.close();
        // What waits for the CA ends with the connection; it may just have opened the devices' port.
        own.close();
        await ended;
        await devices.close();
      },
    };
  } catch (error) {
    own.close();
    throw error;
  }
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(new ListenError(explainListening(address, "--enroll", cause), { cause })));
    server.listen({ host: hostOf(address), port: portOf(address) }, resolve);
  });
}
