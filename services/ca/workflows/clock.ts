import { LatchkeyError } from "../authority/error.js";

/** The CA's clock, which never signs into a past that it has already left. */
export interface Clock {
  now(): Date;
  /**
   * The time to sign at: never before the newest time in the store, the last signature, or this build. While the clock is behind that by
   * less than a minute, the time stands still: NTP sets clocks back by fractions of a second, and a revocation must not wait for it.
   * Throws CLOCK_BEHIND when it is further behind: certificates and CRLs from the past would lock phones out, or let them in.
   */
  signingTime(): Date;
  /** What `signingTime` would throw, for those who only want to know. */
  trouble(): LatchkeyError | undefined;
}

const STANDS_STILL_MILLIS = 60_000;

export function createClock(newestInStore: Date, buildTime: Date, now: () => Date = () => new Date()): Clock {
  let floor = Math.max(newestInStore.getTime(), buildTime.getTime());
  function trouble(at = now()): LatchkeyError | undefined {
    if (at.getTime() >= floor - STANDS_STILL_MILLIS) return undefined;
    return new LatchkeyError(
      "CLOCK_BEHIND",
      `This host's clock says ${at.toISOString()}, but the CA has already seen ${new Date(floor).toISOString()}. Nothing is signed until the clock is right: check NTP (\`timedatectl\`). If it is right now, and was ahead before: \`latchkey serve --accept-clock\`, once.`,
    );
  }

  return {
    now,
    signingTime() {
      const at = now();
      const error = trouble(at);
      if (error !== undefined) throw error;
      floor = Math.max(floor, at.getTime());
      return new Date(floor);
    },
    trouble: () => trouble(),
  };
}
