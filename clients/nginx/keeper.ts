import type { Connection } from "../connect/connect.js";
import { acceptCrl, type HandedCrl } from "./accept-crl.js";
import type { Crl } from "./crl.js";
import type { Enforcement } from "./enforcement.js";
import type { Log } from "./events.js";
import type { Folder } from "./folder.js";
import { createAgeWatch, describeAge, isStale } from "./freshness.js";
import type { FrontDoor } from "./front-door.js";
import { openInstalled } from "./installed.js";
import { Problem } from "./problem.js";
import { createCertificateKeeper } from "./server-certificate.js";
import type { Warning } from "./warning.js";

/** Keeps a front door enforcing the newest CRL. Its methods are called one at a time. */
export interface Keeper {
  /** The number of the CRL in the folder. */
  readonly held: bigint | undefined;
  /** The CRL itself. */
  readonly crl: Crl | undefined;
  /** How far it has come. */
  readonly enforcement: Enforcement;
  /** nginx's own certificate (PEM), where it has one from here. */
  readonly serverCertificate: string | undefined;
  /** Takes the trust bundle's devices CA: pinned at the first use. Throws Problem (CA_CHANGED). */
  pin(anchorPem: string): void;
  /** Checks, installs and enforces a CRL; what is in the way is in the enforcement. */
  take(handed: HandedCrl): Promise<Enforcement>;
  /** What came in the place of a CRL, or of the CA that signs it. */
  refuse(problem: Problem): Enforcement;
  /** Sees to it that nginx has a certificate of its own. What is in the way is a warning. Throws CallError when the CA can't be reached. */
  refreshServerCertificate(connection: Connection, names: readonly string[]): Promise<void>;
  /** Looks whether nginx still enforces what is held, and makes it if not. */
  recheck(): Promise<Enforcement>;
}

export async function createKeeper(folder: Folder, door: FrontDoor, log: Log): Promise<Keeper> {
  const installed = await openInstalled(folder, (crl) => door.filesFor(crl), log);
  const enforcer = door.enforcer(folder, installed, log);
  const certificates = createCertificateKeeper(installed, enforcer.enforce, log);
  const sayAge = createAgeWatch(log);
  let refused: Problem | undefined;
  const enforcement = (): Enforcement => ({
    enforced: enforcer.enforced,
    problem: refused ?? enforcer.obstacle,
    warnings: [...(certificates.warning === undefined ? [] : [certificates.warning]), ...warningsOfAge(installed.crl, new Date())],
  });

  function refuse(problem: Problem): void {
    refused = problem;
    log("crl.refused", { code: problem.code, detail: problem.message });
  }

  async function installAndEnforce(handed: HandedCrl): Promise<void> {
    if (installed.ca === undefined) throw new Error("a CRL before its CA");
    const crl = acceptCrl(handed, installed.ca, installed.crl, new Date());
    if (crl.number === installed.crl?.number && !installed.isWaiting) return await enforcer.recheck();
    await installed.putCrl(crl);
    await enforcer.enforce();
  }

  return {
    get held() {
      return installed.crl?.number;
    },
    get crl() {
      return installed.crl;
    },
    get enforcement() {
      return enforcement();
    },
    get serverCertificate() {
      return installed.serverCertificate;
    },
    pin: installed.pin,
    refreshServerCertificate: certificates.refresh,

    async take(handed) {
      try {
        await installAndEnforce(handed);
        refused = undefined;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        refuse(error);
      }
      sayAge(installed.crl, new Date());
      return enforcement();
    },

    refuse(problem) {
      refuse(problem);
      return enforcement();
    },

    async recheck() {
      await enforcer.recheck();
      sayAge(installed.crl, new Date());
      return enforcement();
    },
  };
}

function warningsOfAge(crl: Crl | undefined, now: Date): Warning[] {
  return crl === undefined || !isStale(crl, now) ? [] : [{ code: "CRL_STALE", message: describeAge(crl, now) }];
}
