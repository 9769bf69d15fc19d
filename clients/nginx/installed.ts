import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { ServerCertificate } from "../connect/server-certificate.js";
import { type AdoptedCa, isWhole } from "./accept-adopted.js";
import { type Crl, isSignedBy, readCrl } from "./crl.js";
import { pinDevicesCa } from "./devices-ca.js";
import type { Log } from "./events.js";
import type { Contents, Folder } from "./folder.js";
import type { FrontDoor } from "./front-door.js";
import { crlsOf, type HeldSet } from "./held-set.js";
import { HostError } from "./host-error.js";
import { fromPem, toPem } from "./pem.js";
import type { Kept } from "./revocation-files.js";

/** What lies in the folder for nginx, and what waits to be laid there. */
export interface Installed {
  /** The devices CA, once it is pinned. */
  readonly ca: X509Certificate | undefined;
  readonly crl: Crl | undefined;
  /** That, and what it vouches for. */
  readonly set: HeldSet | undefined;
  /** Does the CRL's list stand in for it (at-expiry.ts)? */
  readonly kept: Kept;
  /** The adopted CAs that it vouches for. */
  readonly adopted: readonly AdoptedCa[];
  /** Adopted CAs that the trust bundle has named: to be trusted if a CRL vouches for them. */
  readonly offered: readonly X509Certificate[];
  /** nginx's own, PEM: the one in the folder, or the one that waits. */
  readonly serverCertificate: string | undefined;
  /** Something waits for the next CRL. */
  readonly isWaiting: boolean;
  /** Takes the trust bundle's devices CA: pinned at the first use. Throws Problem (CA_CHANGED). */
  pin(anchorPem: string, offered: readonly X509Certificate[]): void;
  /**
   * Lays an accepted set there, with all that waits; `keep`: its list is to stand in for it, or not, or (undefined) the files for that stay
   * as they are. Throws Problem (DISK_FULL, WRITE_FAILED).
   */
  putCrl(set: HeldSet, keep: boolean | undefined): Promise<void>;
  /** Lays nginx's own certificate there: with the first CRL, so that nginx gets all together, or at once. Throws as putCrl does. */
  putServerCertificate(issued: ServerCertificate): Promise<void>;
  /** The files before are back: they are read again. */
  reread(): Promise<void>;
}

export async function openInstalled(folder: Folder, door: Pick<FrontDoor, "filesFor" | "readKept">, log: Log): Promise<Installed> {
  let caPem = firstCertificate(await folder.read("devices-ca.pem"), folder.path);
  let held: HeldSet | undefined;
  let kept: Kept = "absent";
  let offered: readonly X509Certificate[] = [];
  let serverCertificate: string | undefined;
  let waiting: Contents = {};

  async function reread(): Promise<void> {
    held = await readHeld(folder, caPem);
    kept = await door.readKept(folder, held);
    serverCertificate = await folder.read("server.crt");
  }

  await reread();
  return {
    get ca() {
      return caPem === undefined ? undefined : new X509Certificate(caPem);
    },
    get crl() {
      return held?.crl;
    },
    get set() {
      return held;
    },
    get adopted() {
      return held?.adopted ?? [];
    },
    get offered() {
      return offered;
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

    pin(anchorPem, adopted) {
      offered = adopted;
      const next = pinDevicesCa(caPem, anchorPem, folder.path);
      if (next === caPem) return;
      log("ca.pinned", { fingerprint: new X509Certificate(next).fingerprint256 });
      waiting = { ...waiting, "devices-ca.pem": next };
      caPem = next;
    },

    async putCrl(next, keep) {
      const cas = caPem === undefined ? [] : [new X509Certificate(caPem), ...next.adopted.map(({ ca }) => ca)];
      await folder.replace({
        ...waiting,
        // Always: a set that was rolled back took the CA of its time with it.
        ...(cas.length === 0 ? {} : { "devices-ca.pem": cas.join("") }),
        "devices-crl.pem": crlsOf(next)
          .map(({ der }) => toPem("X509 CRL", der))
          .join(""),
        ...door.filesFor(folder.path, next, keep, cas),
      });
      if (waiting["server.crt"] !== undefined) log("server_certificate.installed");
      serverCertificate = waiting["server.crt"] ?? serverCertificate;
      waiting = {};
      const isOther = next.crl !== held?.crl;
      held = next;
      kept = keep ?? kept;
      if (isOther)
        log("crl.installed", {
          crlNumber: String(next.crl.number),
          entries: next.crl.serialNumbers.size,
          ...(next.adopted.length === 0 ? {} : { adopted: next.adopted.length }),
        });
    },

    async putServerCertificate({ certificate, key }) {
      const files = { "server.crt": certificate, "server.key": key };
      if (held === undefined) {
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

/** The pinned CA stands first in the file; adopted ones follow. Throws HostError: by one that can't be read nobody can tell whether the CA is still the same. */
function firstCertificate(pem: string | undefined, dir: string): string | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem).toString();
  } catch {
    throw new HostError(
      `${join(dir, "devices-ca.pem")} is damaged: which CA nginx is to trust can't be told from it. Compare what it should be with \`latchkey ca devices\`, move ${dir} away, and start again.`,
    );
  }
}

/** The CRL in the folder with those that it vouches for, verified anew: what was tampered with, damaged or is not whole is not held. */
async function readHeld(folder: Folder, caPem: string | undefined): Promise<HeldSet | undefined> {
  const [casPem, crlsPem] = [await folder.read("devices-ca.pem"), await folder.read("devices-crl.pem")];
  if (casPem === undefined || crlsPem === undefined || caPem === undefined) return undefined;
  try {
    const [crl, ...crls] = fromPem("X509 CRL", crlsPem).map(readCrl);
    const [, ...cas] = fromPem("CERTIFICATE", casPem).map((der) => new X509Certificate(der));
    if (crl === undefined || !isSignedBy(crl, new X509Certificate(caPem))) return undefined;
    // nginx would trust one that nobody vouches for.
    if (cas.length !== crl.vouched.length || crls.length !== cas.length) return undefined;
    const adopted = cas.flatMap((ca, at) => {
      const own = crls[at];
      return own !== undefined && isSignedBy(own, ca) ? [{ ca, crl: own }] : [];
    });
    return isWhole(crl, adopted) ? { crl, adopted } : undefined;
  } catch {
    return undefined;
  }
}
