import { createBackoff } from "./backoff.js";
import type { Enforcement } from "./enforcement.js";
import type { Inbox } from "./inbox.js";
import type { Keeper } from "./keeper.js";
import { LONGEST_RETRY_MILLIS, longestRetryMillis } from "./problem.js";

/** nginx is looked at this often when all is well. */
const LOOK_MILLIS = 30_000;
const FIRST_RETRY_MILLIS = 2_000;

export interface RoundParts {
  readonly keeper: Keeper;
  readonly inbox: Inbox;
  /** Sees to nginx's own certificate when its time has come. */
  readonly refreshCertificate: () => Promise<void>;
  /** Tells the CA. */
  readonly report: (enforcement: Enforcement) => Promise<void>;
}

/**
 * Round after round until the signal fires, one thing at a time: nginx's own certificate, the newest CRL (or another look at the
 * one that is held), the report. A round that has begun is finished: nginx must not be left between two steps.
 */
export async function keepEnforcing({ keeper, inbox, refreshCertificate, report }: RoundParts, signal: AbortSignal): Promise<void> {
  const waitAfter = createSchedule();
  await inbox.wait(undefined, LOOK_MILLIS, signal);
  while (!signal.aborted) {
    await refreshCertificate();
    const newest = inbox.newest;
    const enforcement = newest === undefined ? await keeper.recheck() : await keeper.take(newest);
    await report(enforcement);
    await inbox.wait(newest, waitAfter(enforcement), signal);
  }
}

/** How long to wait after each round. */
function createSchedule(): (enforcement: Enforcement) => number {
  const retry = createBackoff(FIRST_RETRY_MILLIS, LONGEST_RETRY_MILLIS);
  return ({ problem }) => {
    if (problem !== undefined) return Math.min(retry.next(), longestRetryMillis(problem.code));
    retry.reset();
    return LOOK_MILLIS;
  };
}
