import type { X509Certificate } from "node:crypto";
import type { Connection } from "../connect/connect.js";
import { acceptAdopted } from "./accept-adopted.js";
import { acceptCrl, type HandedCrl } from "./accept-crl.js";
import { type AtExpiry, isToBeKept } from "./at-expiry.js";
import type { Crl } from "./crl.js";
import type { Enforcement } from "./enforcement.js";
import type { Log } from "./events.js";
import type { Folder } from "./folder.js";
import { createAgeWatch, describeAge, isStale } from "./freshness.js";
import type { FrontDoor } from "./front-door.js";
import { firstToEnd, type HeldSet } from "./held-set.js";
import { type Installed, openInstalled } from "./installed.js";
import { Problem } from "./problem.js";
import type { Kept } from "./revocation-files.js";
import { createCertificateKeeper } from "./server-certificate.js";
import type { Warning } from "./warning.js";

/** Keeps a front door enforcing the newest CRL. Its methods are called one at a time. */
export interface Keeper {
  /** The number of the CRL in the folder. */
  readonly held: bigint | undefined;
  /** The CRL itself. */
  readonly crl: Crl | undefined;
  /** That, with those of the adopted CAs. */
  readonly set: HeldSet | undefined;
  /** How far it has come. */
  readonly enforcement: Enforcement;
  /** nginx's own certificate (PEM), where it has one from here. */
  readonly serverCertificate: string | undefined;
  /** Takes the trust bundle's devices CA: pinned at the first use. Throws Problem (CA_CHANGED). */
  pin(anchorPem: string, offered: readonly X509Certificate[]): void;
  /** Checks, installs and enforces a CRL; what is in the way is in the enforcement. */
  take(handed: HandedCrl): Promise<Enforcement>;
  /** What came in the place of a CRL, or of the CA that signs it. */
  refuse(problem: Problem): Enforcement;
  /** Sees to it that nginx has a certificate of its own. What is in the way is a warning. Throws CallError when the CA can't be reached. */
  refreshServerCertificate(connection: Connection, names: readonly string[]): Promise<void>;
  /** By the clock alone nginx has to be given other files (--at-expiry), whether the CA is there or not. */
  readonly isDue: boolean;
  /** Sees to it that the hook has the canaries by which it tries the door. What is in the way is a warning. Answers whether one was revoked. */
  refreshCanaries(connection: Connection): Promise<boolean>;
  /** Looks whether nginx still enforces what is held, and makes it if not. */
  recheck(): Promise<Enforcement>;
}

export async function createKeeper(folder: Folder, door: FrontDoor, log: Log): Promise<Keeper> {
  const { atExpiry } = door;
  const installed = await openInstalled(folder, door, log);
  const canaries = door.canaries(folder, installed);
  const enforcer = door.enforcer({ folder, installed, canaries }, log);
  const certificates = createCertificateKeeper(installed, enforcer.enforce, log);
  const keeping = door.keepingCheck(folder.path);
  const sayAge = createAgeWatch(log);
  let refused: Problem | undefined;
  /** The files for the CRL's end, or for after it, could not be written. */
  let unwritten: Problem | undefined;

  function enforcement(): Enforcement {
    const now = new Date();
    const ended = endedProblem(installed, now);
    const inTheWay = refused ?? unwritten ?? enforcer.obstacle;
    const warnings = [
      certificates.warning,
      keeping.warning,
      ended === undefined ? warningOfAge(installed.set, inForce(), now) : undefined,
      // It must be said whatever else there is to say.
      ended === undefined || inTheWay === undefined ? undefined : { code: "CRL_EXPIRED_KEPT" as const, message: ended.message },
      ...canaries.warnings,
    ];
    return {
      enforced: enforcer.enforced,
      problem: inTheWay ?? ended,
      warnings: warnings.filter((warning) => warning !== undefined),
      refusesCanaries: canaries.areRefused,
    };
  }

  function refuse(problem: Problem): void {
    refused = problem;
    log("crl.refused", { code: problem.code, detail: problem.message });
  }

  async function installAndEnforce(handed: HandedCrl): Promise<void> {
    if (installed.ca === undefined) throw new Error("a CRL before its CA");
    const crl = acceptCrl(handed, installed.ca, installed.crl, new Date(), atExpiry === "keep-last-good");
    const adopted = acceptAdopted(
      crl,
      installed.offered,
      handed.adopted ?? [],
      installed.adopted,
      new Date(),
      atExpiry === "keep-last-good",
    );
    if (crl.number === installed.crl?.number && !installed.isWaiting) return await look();
    await putAndEnforce({ crl, adopted });
  }

  async function putAndEnforce(set: HeldSet): Promise<void> {
    const { crl } = set;
    const { kept: before } = installed;
    const keep = isToKeep(set);
    await installed.putCrl(set, keep || before !== withoutList() ? keep : undefined);
    if (keep !== (before === true))
      log(keep ? "crl.kept" : "crl.kept_no_more", { crlNumber: String(crl.number), nextUpdate: crl.nextUpdate.toISOString() });
    await enforcer.enforce();
  }

  /** How the folder is while the CRL is in force: the same whichever CRL it is. Without anybody who has asked for it, there may be nothing at all. */
  function withoutList(): Kept {
    return atExpiry === "fail-closed" && installed.kept === "absent" ? "absent" : false;
  }

  /** Where the list can't stand in for the CRL, nobody is let in. */
  function inForce(): AtExpiry {
    return keeping.warning === undefined ? atExpiry : "fail-closed";
  }

  function isToKeep(set: HeldSet): boolean {
    return isToBeKept(firstToEnd(set), inForce(), new Date());
  }

  /** Are there other files in the folder than there should be? */
  function isDue(): boolean {
    const { set, kept } = installed;
    return set !== undefined && kept !== (isToKeep(set) ? true : withoutList());
  }

  /** Is nginx as it should be? By the clock, too: the CRL may be about to end, or a clock that was ahead is right again. */
  async function look(): Promise<void> {
    const { set } = installed;
    if (set !== undefined && isDue()) await putAndEnforce(set);
    else await enforcer.recheck();
    unwritten = undefined;
  }

  /** The same, whatever can't be written. */
  async function lookAnyhow(): Promise<void> {
    try {
      await look();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.message !== unwritten?.message) log("nginx.not_enforcing", { code: error.code, detail: error.message });
      unwritten = error;
    }
  }

  return {
    get held() {
      return installed.crl?.number;
    },
    get crl() {
      return installed.crl;
    },
    get set() {
      return installed.set;
    },
    get enforcement() {
      return enforcement();
    },
    get serverCertificate() {
      return installed.serverCertificate;
    },
    get isDue() {
      return isDue();
    },
    pin: installed.pin,
    refreshServerCertificate: certificates.refresh,
    refreshCanaries: canaries.refresh,

    async take(handed) {
      await keeping.look();
      try {
        await installAndEnforce(handed);
        refused = undefined;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        refuse(error);
        // What came is no good: what is held may end meanwhile.
        if (isDue()) await lookAnyhow();
      }
      sayAge(installed.set, inForce(), new Date());
      return enforcement();
    },

    refuse(problem) {
      refuse(problem);
      return enforcement();
    },

    async recheck() {
      await keeping.look();
      await lookAnyhow();
      sayAge(installed.set, inForce(), new Date());
      return enforcement();
    },
  };
}

function warningOfAge(set: HeldSet | undefined, atExpiry: AtExpiry, now: Date): Warning | undefined {
  if (set === undefined) return undefined;
  const ending = firstToEnd(set);
  return isStale(ending, now) ? { code: "CRL_STALE", message: describeAge(ending, atExpiry, now) } : undefined;
}

/** The list stands in for a CRL that has ended. */
function endedProblem({ set, kept }: Pick<Installed, "set" | "kept">, now: Date): Problem | undefined {
  if (kept !== true || set === undefined) return undefined;
  const { label, nextUpdate } = firstToEnd(set);
  if (nextUpdate > now) return undefined;
  return new Problem(
    "CRL_EXPIRED_KEPT",
    `Ended: ${label}, at ${nextUpdate.toISOString()}; this host's clock says ${now.toISOString().slice(0, 10)}. Whom it refuses, nginx goes on refusing. Bring the CA back, or set this host's clock: the next CRL ends this.`,
  );
}
