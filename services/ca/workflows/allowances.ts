import { LatchkeyError } from "../authority/error.js";
import type { Caller } from "./caller.js";

/**
 * How much of what stays on the disk an operator that is no administrator may cause: a hook renews once a day at most, but a stolen
 * credential in a loop would fill the disk, and be a thousand certificates by the time it is revoked.
 */
export interface Allowances {
  /** Takes one of a kind. Throws TOO_MANY_REQUESTS. */
  take(kind: Kind, caller: Pick<Caller, "name" | "role">): void;
}

type Kind = keyof typeof LIMITS;

/** Leaky buckets: so many at once, so many an hour for long. A host with many restarts needs a few certificates at once. */
const LIMITS = {
  /** Of an operator's own. */
  certificates: { atOnce: 30, perHour: 30 },
  /** By a device of itself: it needs one in two years. */
  renewals: { atOnce: 5, perHour: 0.25 },
  /** Of refusals, by an enrolment service. */
  reports: { atOnce: 30, perHour: 30 },
} as const;
const HOUR_MILLIS = 3600_000;

export function createAllowances(now: () => number = Date.now): Allowances {
  const buckets = new Map<string, { level: number; at: number }>();
  return {
    take(kind, caller) {
      if (caller.role === "admin") return;
      const { atOnce, perHour } = LIMITS[kind];
      const at = now();
      const key = `${kind} ${caller.name}`;
      const bucket = buckets.get(key) ?? { level: 0, at };
      const level = Math.max(0, bucket.level - ((at - bucket.at) / HOUR_MILLIS) * perHour);
      if (level + 1 > atOnce) {
        throw new LatchkeyError(
          "TOO_MANY_REQUESTS",
          `"${caller.name}" has had ${atOnce} ${kind} in a short time, and gets no more for now. If that was not you, revoke it: \`latchkey revoke "${caller.name}"\`.`,
        );
      }
      buckets.set(key, { level: level + 1, at });
    },
  };
}
