import { createBackoff } from "./backoff.js";
import type { Enforcement } from "./enforcement.js";
import { LONGEST_RETRY_MILLIS, longestRetryMillis } from "./problem.js";

/** nginx is looked at this often when all is well. */
export const LOOK_MILLIS = 30_000;
const FIRST_RETRY_MILLIS = 2_000;

/** When nginx is looked at next: one for the hook's whole life, whether the CA is there or not. */
export interface Schedule {
  /** Until the next look, in ms; 0 when its time has come. */
  readonly remainingMillis: number;
  /** nginx has just been looked at, and stood like this. */
  after(enforcement: Enforcement): void;
}

export function createSchedule(): Schedule {
  const retry = createBackoff(FIRST_RETRY_MILLIS, LONGEST_RETRY_MILLIS);
  let dueAt = 0;
  return {
    get remainingMillis() {
      return Math.max(0, dueAt - performance.now());
    },
    after({ problem }) {
      if (problem === undefined) retry.reset();
      const wait = problem === undefined ? LOOK_MILLIS : Math.min(retry.next(), longestRetryMillis(problem.code));
      dueAt = performance.now() + wait;
    },
  };
}
