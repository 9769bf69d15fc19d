import type { HandedCrl } from "./accept-crl.js";
import { pause } from "./backoff.js";
import { departedSince } from "./departures.js";

/** Where CRLs wait to be enforced. While one is being enforced others may come: only the newest is done next. */
export interface Inbox {
  readonly newest: HandedCrl | undefined;
  put(arrived: HandedCrl): void;
  /** Resolves when another one than `seen` is the newest, when the time is over, or when the signal fires. */
  wait(seen: HandedCrl | undefined, millis: number, signal: AbortSignal): Promise<void>;
}

/** @param held answers the number of the CRL that is held */
export function createInbox(held: () => bigint | undefined): Inbox {
  let newest: HandedCrl | undefined;
  let arrival = new AbortController();
  return {
    get newest() {
      return newest;
    },
    put({ der, departed, adopted }) {
      // What has left since the CRL that is held: those between it and this one were skipped or refused, perhaps.
      const before = newest === undefined ? [] : [newest.departed];
      newest = { der, departed: departedSince(held(), ...before, departed), ...(adopted === undefined ? {} : { adopted }) };
      arrival.abort();
    },
    async wait(seen, millis, signal) {
      if (newest !== seen) return;
      arrival = new AbortController();
      await pause(millis, signal, arrival.signal);
    },
  };
}
