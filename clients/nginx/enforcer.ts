import type { Canaries } from "./canary/canaries.js";
import { confirm, enforce, type NginxCommands } from "./enforce.js";
import type { Log } from "./events.js";
import type { Folder } from "./folder.js";
import { addsTo, type HeldSet } from "./held-set.js";
import type { Installed } from "./installed.js";
import { Problem, type ProblemCode } from "./problem.js";
import { createProofNote } from "./proof-note.js";

/** Makes nginx enforce the installed CRL, and remembers what it has proved. */
export interface Enforcer {
  /** The CRL number that nginx has proved to enforce. */
  readonly enforced: bigint | undefined;
  /** What stands in the way of the installed CRL. */
  readonly obstacle: Problem | undefined;
  /** Reloads nginx and has it prove the CRL. */
  enforce(): Promise<void>;
  /** Looks whether nginx still enforces it, and makes it if not. */
  recheck(): Promise<void>;
}

export interface EnforcerParts {
  readonly folder: Folder;
  readonly installed: Installed;
  readonly commands: NginxCommands;
  readonly canaries: Canaries;
  /** What the run before had proved need not be proved again, by a reload that cuts everybody. */
  readonly remembers: boolean;
}

export function createEnforcer({ folder, installed, commands, canaries, remembers }: EnforcerParts, log: Log): Enforcer {
  const note = createProofNote(folder);
  let enforced: bigint | undefined;
  let obstacle: Problem | undefined;
  /** Nobody with one of these is connected: the CRL that was enforced last. Undefined when others may have been let in since. */
  let cut: HeldSet | undefined;
  /** Which nginx has proved it. Another one was reloaded by somebody else, whose settings nobody has seen. */
  let provedBy: string | undefined;

  async function enforceInstalled(): Promise<void> {
    const { set } = installed;
    if (set === undefined) return;
    const { number } = set.crl;
    const cuts = cut === undefined || addsTo(cut, set);
    try {
      const serving = await enforce(folder, commands, { number, cuts }, canaries);
      hasProved(set, cuts, serving);
      await note.write(serving);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await meet(error);
      if (error.code === "NGINX_TEST_FAILED") await takeBack(number);
      // With the last good files back, what was proved of them still holds.
      if (enforced !== installed.crl?.number) enforced = undefined;
    }
  }

  function hasProved(set: HeldSet, cuts: boolean, serving: string | undefined): void {
    enforced = set.crl.number;
    provedBy = serving;
    obstacle = undefined;
    cut = set;
    log("crl.enforced", { crlNumber: String(set.crl.number), cuts });
  }

  /** What stays in the way is logged once, not at every look. */
  async function meet(problem: Problem): Promise<void> {
    if (problem.message !== obstacle?.message) log("nginx.not_enforcing", { code: problem.code, detail: problem.message });
    obstacle = problem;
    await mistrust();
  }

  /** Somebody may have been let in whom the CRL refuses. */
  async function mistrust(): Promise<void> {
    cut = undefined;
    await note.forget();
  }

  /** The files before are back, unless they were not to blame. */
  async function takeBack(number: bigint): Promise<void> {
    const certificate = installed.serverCertificate;
    await installed.reread();
    if (installed.crl?.number !== number || installed.serverCertificate !== certificate)
      log("files.rolled_back", { crlNumber: String(installed.crl?.number ?? "") });
  }

  /** Does it stand as it did? Nothing is reloaded. */
  async function stands(number: bigint): Promise<boolean> {
    try {
      const serving = await confirm(folder, commands, number, canaries);
      if (provedBy === undefined || serving === provedBy) return obstacle === undefined;
      await mistrust();
      return false;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!isForAPerson(error)) {
        await mistrust();
        return false;
      }
      await meet(error);
      enforced = undefined;
      return true;
    }
  }

  /** Did the run before this one have it proved, by the very nginx that serves now, and does it stand? */
  async function hasProvedBefore(set: HeldSet): Promise<boolean> {
    if (!remembers || enforced !== undefined || obstacle !== undefined) return false;
    try {
      const serving = await confirm(folder, commands, set.crl.number, canaries);
      if (!(await note.holdsFor(serving))) return false;
      hasProved(set, false, serving);
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return false;
    }
  }

  return {
    get enforced() {
      return enforced;
    },
    get obstacle() {
      return obstacle;
    },
    enforce: enforceInstalled,
    async recheck() {
      const { set } = installed;
      if (set === undefined) return;
      const { number } = set.crl;
      if (await hasProvedBefore(set)) return;
      const isKnown = enforced === number || leavesHole(obstacle);
      if (isKnown && (await stands(number))) return;
      await enforceInstalled();
    },
  };
}

/** A hole stays until somebody mends it: a reload on every look would cut everybody's WebSockets for nothing. */
function leavesHole(problem: Problem | undefined): boolean {
  return problem !== undefined && HOLES.has(problem.code);
}

const HOLES: ReadonlySet<ProblemCode> = new Set([
  "NGINX_SETTINGS_LEAVE_A_HOLE",
  "NGINX_SETTINGS_UNREADABLE",
  "CANARY_LET_IN",
  "CANARY_NOT_LET_IN",
]);

/** Nothing that a reload could mend. */
function isForAPerson(problem: Problem): boolean {
  return leavesHole(problem) || problem.code === "NGINX_NOT_RUNNING";
}
