import { LatchkeyError } from "../authority/error.js";
import type { Caller } from "./caller.js";

/**
 * How much of what stays on the disk an operator that is no administrator may cause: a hook renews once a day at most, but a stolen
 * credential in a loop would fill the disk, and be a thousand certificates by the time it is revoked.
 */
export interface Allowances {
  /** Takes one of a kind. Throws TOO_MANY_REQUESTS. */
  take(kind: "certificates" | "reports", caller: Caller): void;
}

/** A leaky bucket: a host with many restarts needs a few at once. */
const AT_ONCE = 30;
const HOUR_MILLIS = 3600_000;
const PER_HOUR = 30;

export function createAllowances(now: () => number = Date.now): Allowances {
  const buckets = new Map<string, { level: number; at: number }>();
  return {
    take(kind, caller) {
      if (caller.role === "admin") return;
      const at = now();
      const key = `${kind} ${caller.name}`;
      const bucket = buckets.get(key) ?? { level: 0, at };
      const level = Math.max(0, bucket.level - ((at - bucket.at) / HOUR_MILLIS) * PER_HOUR);
      if (level + 1 > AT_ONCE) {
        throw new LatchkeyError(
          "TOO_MANY_REQUESTS",
          `"${caller.name}" has had ${AT_ONCE} ${kind} within the hour, and gets no more for now. If that was not you, revoke it: \`latchkey revoke "${caller.name}"\`.`,
        );
      }
      buckets.set(key, { level: level + 1, at });
    },
  };
}
