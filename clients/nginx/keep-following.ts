import { CallError } from "../connect/error.js";
import { pause, withJitter } from "./backoff.js";
import type { Log } from "./events.js";
import { followCa } from "./follow.js";
import { readHookCredential } from "./hook-credential.js";
import type { Keeper } from "./keeper.js";
import { Problem } from "./problem.js";
import { type ConnectionOutcome, createReconnection } from "./reconnect.js";
import type { Schedule } from "./schedule.js";
import { openSession, type SessionOptions } from "./session.js";
import type { Sightings } from "./sightings.js";

export interface Followed {
  readonly keeper: Keeper;
  readonly schedule: Schedule;
  readonly sightings: Sightings | undefined;
  readonly log: Log;
}

/**
 * Connects again whenever a connection is lost or brings what can't be used, and looks after nginx meanwhile. Any other error ends
 * the hook.
 */
export async function keepFollowing(options: SessionOptions, followed: Followed, signal: AbortSignal): Promise<void> {
  const { keeper, schedule } = followed;
  const waitAfter = createReconnection();
  while (!signal.aborted) {
    // What is there at the start may be half done: a SIGKILL between two steps, or an nginx that was started with older files.
    if (schedule.remainingMillis === 0) schedule.after(await keeper.recheck());
    const outcome = await followOnce(options, followed, signal);
    await pause(withJitter(waitAfter(outcome)), signal);
  }
}

/** One connection, for as long as it holds. */
async function followOnce(
  options: SessionOptions,
  { keeper, schedule, sightings, log }: Followed,
  signal: AbortSignal,
): Promise<ConnectionOutcome> {
  // Read anew each time: it may have been renewed, or replaced by a person.
  const session = await openSession(await readHookCredential(options.credential, options.role), options, keeper, log);
  const heldBefore = keeper.held;
  let sawCrl = false;
  let brokeWord = false;
  const onCrl = () => {
    sawCrl = true;
  };
  try {
    await followCa(session, keeper, { schedule, log, onCrl, sightings }, signal);
  } catch (error) {
    logLost(error, log);
    brokeWord = error instanceof Problem;
  } finally {
    session.close();
  }
  return { sawCrl, brokeWord, heldNewer: keeper.held !== heldBefore };
}

/** Throws what is no reason to connect again: an error that nobody foresaw. */
function logLost(error: unknown, log: Log): void {
  if (error instanceof CallError) log("ca.away", { code: error.reason, detail: error.message });
  // It has been logged and reported, and a new connection may bring it anew.
  else if (!(error instanceof Problem)) throw error;
}
