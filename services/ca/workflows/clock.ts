import { LatchkeyError } from "../authority/error.js";

/** The CA's clock, which never signs into a past that it has already left. */
export interface Clock {
  now(): Date;
  /**
   * The time to sign at. Throws CLOCK_BEHIND while the clock is before the newest time in the store, before the last
   * signature, or before this build was made: certificates and CRLs from the past would lock phones out, or let them in.
   */
  signingTime(): Date;
}

export function createClock(newestInStore: Date, buildTime: Date, now: () => Date = () => new Date()): Clock {
  let floor = Math.max(newestInStore.getTime(), buildTime.getTime());
  return {
    now,
    signingTime() {
      const at = now();
      if (at.getTime() < floor) {
        throw new LatchkeyError(
          "CLOCK_BEHIND",
          `This host's clock says ${at.toISOString()}, but the CA has already seen ${new Date(floor).toISOString()}. Nothing is signed until the clock is right: check NTP (\`timedatectl\`).`,
        );
      }
      floor = at.getTime();
      return at;
    },
  };
}
