import type { NoticeState } from "../authority/types.js";

type Waiting = Extract<NoticeState, { kind: "waiting" }>;

const FIRST_MILLIS = 30_000;
const LONGEST_MILLIS = 4 * 3600_000;
/** Receivers that come back at once are not all asked at once. */
const JITTER = 0.2;
/** With the delays above, they reach over about a day. */
export const MOST_TRIES = 15;

/** Is it time for a try? A next try that lies further ahead than any delay was set by a clock that has been put back since. */
export function isTimeFor({ nextTryAt }: Waiting, at: Date): boolean {
  const aheadMillis = nextTryAt.getTime() - at.getTime();
  return aheadMillis <= 0 || aheadMillis > LONGEST_MILLIS * (1 + JITTER);
}

/** What becomes of a notice whose try has failed: it waits twice as long as before, or is given up. `random`: 0 to 1. */
export function afterFailure({ tries }: Waiting, problem: string, at: Date, random: number): NoticeState {
  const failed = tries + 1;
  if (failed >= MOST_TRIES) return { kind: "dead", at, tries: failed, problem };
  const delayMillis = Math.min(FIRST_MILLIS * 2 ** tries, LONGEST_MILLIS) * (1 + JITTER * (2 * random - 1));
  return { kind: "waiting", tries: failed, nextTryAt: new Date(at.getTime() + Math.round(delayMillis)), problem };
}
