import { X509Certificate } from "node:crypto";
import type { ServerCertificate } from "../connect/server-certificate.js";
import { acceptCrl, type HandedCrl } from "./accept-crl.js";
import { type Crl, isSignedBy, readCrl } from "./crl.js";
import { pinDevicesCa } from "./devices-ca.js";
import { confirm, enforce, type NginxCommands } from "./enforce.js";
import type { Log } from "./events.js";
import type { Contents, Folder } from "./folder.js";
import { fromPem, toPem } from "./pem.js";
import { Problem } from "./problem.js";
import { statusLocation } from "./status-location.js";

/** How things stand, as reported to the CA. */
export interface Standing {
  /** The CRL number that nginx has proved to enforce. */
  readonly enforced: bigint | undefined;
  readonly problem: Problem | undefined;
}

/** Keeps an nginx enforcing the newest CRL. Its methods are called one at a time. */
export interface Keeper {
  /** The number of the CRL in the folder. */
  readonly held: bigint | undefined;
  readonly standing: Standing;
  readonly serverCertificate: string | undefined;
  /** Takes the trust bundle's devices CA: pinned at the first use. Throws Problem (CA_CHANGED). */
  pin(anchorPem: string): void;
  /** Checks, installs and enforces; what is in the way is in the standing. */
  take(handed: HandedCrl): Promise<Standing>;
  /** What came in the place of a CRL, or of the CA that signs it. */
  refuse(problem: Problem): Standing;
  /** Installs nginx's own certificate: with the next CRL if there is none yet, else at once. */
  installServerCertificate(issued: ServerCertificate): Promise<void>;
  /** Looks whether nginx still enforces what is held, and makes it if not. */
  recheck(): Promise<Standing>;
}

export async function createKeeper(folder: Folder, commands: NginxCommands, log: Log): Promise<Keeper> {
  let caPem = await folder.read("devices-ca.pem");
  let held = await readHeld(folder, caPem);
  let serverCertificate = await folder.read("server.crt");
  let enforced: bigint | undefined;
  let refused: Problem | undefined;
  let obstacle: Problem | undefined;
  /** Files that wait for the first CRL, so that nginx gets all of them together. */
  let waiting: Contents = {};
  const standing = (): Standing => ({ enforced, problem: refused ?? obstacle });

  /** Rolling back changes what is held: it is read again. */
  async function apply(number: bigint): Promise<void> {
    try {
      await enforce(folder, commands, number);
      enforced = number;
      obstacle = undefined;
      log("crl.enforced", { crlNumber: String(number) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      obstacle = error;
      log("nginx.not_enforcing", { code: error.code, detail: error.message });
      if (error.code === "NGINX_TEST_FAILED") await takeBack(number);
      if (enforced !== undefined && held !== undefined && enforced !== held.number) enforced = undefined;
    }
  }

  /** The files before are back, unless they were not to blame. */
  async function takeBack(number: bigint): Promise<void> {
    const certificate = serverCertificate;
    held = await readHeld(folder, caPem);
    serverCertificate = await folder.read("server.crt");
    if (held?.number !== number || serverCertificate !== certificate) {
      log("files.rolled_back", { crlNumber: held === undefined ? "" : String(held.number) });
    }
  }

  async function install(crl: Crl, pem: string): Promise<void> {
    await folder.replace({
      ...waiting,
      "devices-ca.pem": pem,
      "devices-crl.pem": toPem("X509 CRL", crl.der),
      "latchkey-status.conf": statusLocation(crl.number),
    });
    waiting = {};
    held = crl;
    log("crl.installed", { crlNumber: String(crl.number), entries: crl.serialNumbers.size });
  }

  const keeper: Keeper = {
    get held() {
      return held?.number;
    },
    get standing() {
      return standing();
    },
    get serverCertificate() {
      return waiting["server.crt"] ?? serverCertificate;
    },

    pin(anchorPem) {
      const next = pinDevicesCa(caPem, anchorPem, folder.path);
      if (next !== caPem) {
        log("ca.pinned", { fingerprint: new X509Certificate(next).fingerprint256 });
        waiting = { ...waiting, "devices-ca.pem": next };
      }
      caPem = next;
    },

    async take(handed) {
      if (caPem === undefined) throw new Error("a CRL before its CA");
      const before = held?.number;
      try {
        const crl = acceptCrl(handed, new X509Certificate(caPem), held, new Date());
        refused = undefined;
        if (crl.number === before && Object.keys(waiting).length === 0) return await keeper.recheck();
        await install(crl, caPem);
        await apply(crl.number);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        refused = error;
        log("crl.refused", { code: error.code, detail: error.message });
      }
      return standing();
    },

    refuse(problem) {
      refused = problem;
      log("crl.refused", { code: problem.code, detail: problem.message });
      return standing();
    },

    async installServerCertificate(issued) {
      const files = { "server.crt": issued.certificate, "server.key": issued.key };
      if (held === undefined) {
        waiting = { ...waiting, ...files };
        return;
      }
      await folder.replace(files);
      serverCertificate = issued.certificate;
      log("server_certificate.installed", {});
      await apply(held.number);
    },

    async recheck() {
      if (held === undefined) return standing();
      // A hole stays until somebody mends it: a reload on every look would cut everybody's WebSockets for nothing.
      if (enforced === held.number || leavesHole(obstacle)) {
        try {
          await confirm(folder, commands, held.number);
          if (obstacle === undefined) return standing();
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          if (leavesHole(error) || error.code === "NGINX_NOT_RUNNING") {
            if (error.message !== obstacle?.message) log("nginx.not_enforcing", { code: error.code, detail: error.message });
            obstacle = error;
            enforced = undefined;
            return standing();
          }
        }
      }
      await apply(held.number);
      return standing();
    },
  };
  return keeper;
}

function leavesHole(problem: Problem | undefined): boolean {
  return problem?.code === "NGINX_SETTINGS_LEAVE_A_HOLE" || problem?.code === "NGINX_SETTINGS_UNREADABLE";
}

/** The CRL in the folder, verified anew: what was tampered with or damaged is not held. */
async function readHeld(folder: Folder, caPem: string | undefined): Promise<Crl | undefined> {
  const pem = await folder.read("devices-crl.pem");
  if (pem === undefined || caPem === undefined) return undefined;
  try {
    const crl = readCrl(fromPem("X509 CRL", pem));
    return isSignedBy(crl, new X509Certificate(caPem)) ? crl : undefined;
  } catch {
    return undefined;
  }
}
