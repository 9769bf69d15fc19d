import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { type Connection, call } from "../../../clients/connect/connect.js";
import type { ServerCertificate } from "../../../clients/connect/server-certificate.js";
import { GetTrustBundleRequest } from "../../../generated/latchkey/v1/publication_service.js";
import { explainListening } from "../../address.js";
import type { Log } from "../../log.js";
import { isAmong } from "../guard.js";
import { createLimits } from "../limits.js";
import { createDevicesApp } from "./app.js";
import { createDevicesListener, type DevicesListener, type DevicesListenerOptions } from "./listener.js";
import { toPeerCa } from "./peer.js";

export interface DevicesOptions {
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly listen: string;
  readonly trustedProxies: readonly string[];
}

export interface DevicesParts extends Pick<DevicesListenerOptions, "lan" | "refusals"> {
  readonly connection: () => Connection;
  readonly enrollmentPort: () => number | undefined;
  /** The names and addresses that this service is called by, as it is now. */
  readonly names: () => readonly string[];
  /** What is shown in TLS, as of now. */
  readonly identity: () => ServerCertificate;
  readonly log: Log;
}

/** The devices' port, which phones can enrol without: what keeps it closed is told, and tried again. */
export interface DevicesPort {
  /** `host:port` as really bound; empty while it is closed. */
  readonly address: string;
  /** Why it is closed, though it should be open. */
  readonly problem: string | undefined;
  /** Opens it, if it is not open. Never throws. */
  open(): Promise<void>;
  /** Shows the certificate of now. */
  refresh(): void;
  close(): Promise<void>;
}

export function createDevicesPort(options: DevicesOptions | undefined, parts: DevicesParts): DevicesPort {
  let listener: DevicesListener | undefined;
  let address = "";
  let problem: string | undefined;

  async function tryToOpen({ listen, trustedProxies }: DevicesOptions): Promise<void> {
    const { connection, enrollmentPort, identity, lan, log, names, refusals } = parts;
    const { anchors } = await call(connection().publication, "getTrustBundle", GetTrustBundleRequest.create());
    const cas = anchors.filter(({ authority }) => authority === "devices" || authority.startsWith("adopted-"));
    // Without it TLS would fall back to the public CAs.
    if (!cas.some(({ authority }) => authority === "devices")) throw new Error("the CA's trust bundle has no `devices` authority");
    const isOurs = (host: string) => isAmong(names(), host) || isCertified(identity(), host);
    const app = { cas: cas.map(toPeerCa), connection, enrollmentPort, isOurs, limits: createLimits(), refusals, log };
    const made = createDevicesListener({
      identity: identity(),
      lan,
      refusals,
      devicesCas: cas.map(({ certificate }) => certificate),
      trustedProxies,
      app: (clientOf) => createDevicesApp(app, clientOf),
    });
    address = await made.listen(listen).catch((cause: unknown) => {
      throw new Error(explainListening(listen, "--devices", cause));
    });
    listener = made;
  }

  return {
    get address() {
      return address;
    },
    get problem() {
      return problem;
    },
    async open() {
      if (options === undefined || listener !== undefined) return;
      try {
        await tryToOpen(options);
        problem = undefined;
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        // Said once, not every ten seconds.
        if (what !== problem) parts.log("service.failed", { what: "the devices' port", error: what });
        problem = what;
      }
    },
    refresh: () => listener?.show(parts.identity()),
    close: async () => await listener?.close(),
  };
}

/** From outside a device may know us by a name that only the certificate says. */
function isCertified({ certificate }: ServerCertificate, host: string): boolean {
  const shown = new X509Certificate(certificate);
  return (isIP(host) === 0 ? shown.checkHost(host, { subject: "never" }) : shown.checkIP(host)) !== undefined;
}
