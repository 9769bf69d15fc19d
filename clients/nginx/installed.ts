import { X509Certificate } from "node:crypto";
import type { ServerCertificate } from "../connect/server-certificate.js";
import { type Crl, isSignedBy, readCrl } from "./crl.js";
import { pinDevicesCa } from "./devices-ca.js";
import type { Log } from "./events.js";
import type { Contents, Folder } from "./folder.js";
import type { FrontDoor } from "./front-door.js";
import { fromPem, toPem } from "./pem.js";
import type { Kept } from "./revocation-files.js";

/** What lies in the folder for nginx, and what waits to be laid there. */
export interface Installed {
  /** The devices CA, once it is pinned. */
  readonly ca: X509Certificate | undefined;
  readonly crl: Crl | undefined;
  /** Does the CRL's list stand in for it (at-expiry.ts)? */
  readonly kept: Kept;
  /** nginx's own, PEM: the one in the folder, or the one that waits. */
  readonly serverCertificate: string | undefined;
  /** Something waits for the next CRL. */
  readonly isWaiting: boolean;
  /** Takes the trust bundle's devices CA: pinned at the first use. Throws Problem (CA_CHANGED). */
  pin(anchorPem: string): void;
  /**
   * Lays an accepted CRL there, with all that waits; `keep`: its list is to stand in for it, or not, or (undefined) the files for that stay
   * as they are. Throws Problem (DISK_FULL, WRITE_FAILED).
   */
  putCrl(crl: Crl, keep: boolean | undefined): Promise<void>;
  /** Lays nginx's own certificate there: with the first CRL, so that nginx gets all together, or at once. Throws as putCrl does. */
  putServerCertificate(issued: ServerCertificate): Promise<void>;
  /** The files before are back: they are read again. */
  reread(): Promise<void>;
}

export async function openInstalled(folder: Folder, door: Pick<FrontDoor, "filesFor" | "readKept">, log: Log): Promise<Installed> {
  let caPem = await folder.read("devices-ca.pem");
  let crl: Crl | undefined;
  let kept: Kept = "absent";
  let serverCertificate: string | undefined;
  let waiting: Contents = {};

  async function reread(): Promise<void> {
    crl = await readHeldCrl(folder, caPem);
    kept = await door.readKept(folder, crl);
    serverCertificate = await folder.read("server.crt");
  }

  await reread();
  return {
    get ca() {
      return caPem === undefined ? undefined : new X509Certificate(caPem);
    },
    get crl() {
      return crl;
    },
    get kept() {
      return kept;
    },
    get serverCertificate() {
      return waiting["server.crt"] ?? serverCertificate;
    },
    get isWaiting() {
      return Object.keys(waiting).length > 0;
    },

    pin(anchorPem) {
      const next = pinDevicesCa(caPem, anchorPem, folder.path);
      if (next === caPem) return;
      log("ca.pinned", { fingerprint: new X509Certificate(next).fingerprint256 });
      waiting = { ...waiting, "devices-ca.pem": next };
      caPem = next;
    },

    async putCrl(next, keep) {
      await folder.replace({
        // Always: a set that was rolled back took the CA of its time with it.
        ...(caPem === undefined ? {} : { "devices-ca.pem": caPem }),
        ...waiting,
        "devices-crl.pem": toPem("X509 CRL", next.der),
        ...door.filesFor(folder.path, next, keep),
      });
      if (waiting["server.crt"] !== undefined) log("server_certificate.installed");
      serverCertificate = waiting["server.crt"] ?? serverCertificate;
      waiting = {};
      const isOther = next !== crl;
      crl = next;
      kept = keep ?? kept;
      if (isOther) log("crl.installed", { crlNumber: String(next.number), entries: next.serialNumbers.size });
    },

    async putServerCertificate({ certificate, key }) {
      const files = { "server.crt": certificate, "server.key": key };
      if (crl === undefined) {
        waiting = { ...waiting, ...files };
        return;
      }
      await folder.replace(files);
      serverCertificate = certificate;
      log("server_certificate.installed");
    },

    reread,
  };
}

/** The CRL in the folder, verified anew: what was tampered with or damaged is not held. */
async function readHeldCrl(folder: Folder, caPem: string | undefined): Promise<Crl | undefined> {
  const pem = await folder.read("devices-crl.pem");
  if (pem === undefined || caPem === undefined) return undefined;
  try {
    const crl = readCrl(fromPem("X509 CRL", pem));
    return isSignedBy(crl, new X509Certificate(caPem)) ? crl : undefined;
  } catch {
    return undefined;
  }
}
