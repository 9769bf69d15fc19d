import { CallError } from "../connect/error.js";
import type { Enforcement } from "./enforcement.js";
import type { Log } from "./events.js";
import { openFolder } from "./folder.js";
import { readHookCredential } from "./hook-credential.js";
import { createKeeper, type Keeper } from "./keeper.js";
import { lockFolder } from "./lock.js";
import { nginxDoor } from "./nginx-door.js";
import type { HookOptions } from "./options.js";
import { Problem } from "./problem.js";
import { hookSession, openSession, type Session } from "./session.js";
import type { CrlSet } from "./watch.js";

const TIMEOUT_MILLIS = 60_000;

/** What `once` has done. */
export interface OnceOutcome {
  readonly enforcement: Enforcement;
  /** The CRL that now lies in the folder. */
  readonly held: bigint | undefined;
  /** There was none before. */
  readonly isFirst: boolean;
  /** The CA does not know of it. */
  readonly reportFailure: CallError | undefined;
}

/** Fetches, installs, enforces and reports once. Throws CallError when the CA can't be reached or refuses. */
export async function runOnce(options: HookOptions, log: Log): Promise<OnceOutcome> {
  const credential = await readHookCredential(options.credential, "nginx");
  const unlock = await lockFolder(options.dir);
  try {
    const keeper = await createKeeper(await openFolder(options.dir), nginxDoor(options, false), log);
    const isFirst = keeper.held === undefined;
    // Before the CA is asked: it may be away.
    if (keeper.isDue) await keeper.recheck();
    const session = await openSession(credential, hookSession(options), keeper, log);
    try {
      let enforcement = await takeNewest(session, keeper);
      let reportFailure = await report(session, enforcement);
      // The CA gives canaries to whose door it has heard of. What was revoked with it stands on the next CRL.
      if (reportFailure === undefined && (await session.refreshCanaries())) {
        enforcement = await takeNewest(session, keeper);
        reportFailure = await report(session, enforcement);
      }
      return { enforcement, held: keeper.held, isFirst, reportFailure };
    } finally {
      session.close();
    }
  } finally {
    await unlock();
  }
}

async function takeNewest(session: Session, keeper: Keeper): Promise<Enforcement> {
  try {
    await session.pinTrust();
    await session.refreshServerCertificate();
    return await keeper.take(await firstCrl(session));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return keeper.refuse(error);
  }
}

async function report(session: Session, enforcement: Enforcement): Promise<CallError | undefined> {
  try {
    await session.report(enforcement);
    return undefined;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return error;
  }
}

async function firstCrl(session: Session): Promise<CrlSet> {
  const enough = new AbortController();
  const timer = setTimeout(() => enough.abort(), TIMEOUT_MILLIS);
  let first: CrlSet | undefined;
  await session
    .watch((crl) => {
      first ??= crl;
      enough.abort();
    }, enough.signal)
    .finally(() => clearTimeout(timer));
  if (first === undefined) throw new CallError("DEADLINE_EXCEEDED", "The CA sent no CRL within a minute. Look at `latchkey status`.");
  return first;
}
