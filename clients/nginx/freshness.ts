import type { AtExpiry } from "./at-expiry.js";
import type { Crl } from "./crl.js";
import type { Log } from "./events.js";
import { type Ending, firstToEnd, type HeldSet } from "./held-set.js";

const DAY_MILLIS = 24 * 60 * 60_000;

/** Half of a CRL's life is over: the CA signs one every day, so that something keeps the newer ones from coming. */
export function isStale({ thisUpdate, nextUpdate }: Pick<Crl, "thisUpdate" | "nextUpdate">, now: Date): boolean {
  return now.getTime() - thisUpdate.getTime() > (nextUpdate.getTime() - thisUpdate.getTime()) / 2;
}

/** What that means, and when it becomes worse. */
export function describeAge({ nextUpdate, label, whom }: Ending, atExpiry: AtExpiry, now: Date): string {
  const end = nextUpdate.toISOString();
  const remaining = nextUpdate.getTime() - now.getTime();
  const remedy = "Is the CA away, or cut off from this host? Look at `latchkey status` and at this hook's journal.";
  const kept = "learns of no newer revocation (--at-expiry keep-last-good)";
  if (remaining <= 0) {
    const now = atExpiry === "keep-last-good" ? `goes by its list, and ${kept}` : `refuses ${whom} until a newer one comes`;
    return `${capitalized(label)} ended at ${end}: nginx ${now}. ${remedy}`;
  }
  const then = atExpiry === "keep-last-good" ? `nginx goes on with its list, and ${kept}` : `from then on nginx refuses ${whom}`;
  const days = Math.floor(remaining / DAY_MILLIS);
  const left = days >= 2 ? `in ${days} days` : "within two days";
  return `Nothing newer than ${label} has come for half of its life. It ends ${left} (${end}), and ${then}. ${remedy}`;
}

/** Says at most once a day that the CRL is old. */
export function createAgeWatch(log: Log): (set: HeldSet | undefined, atExpiry: AtExpiry, now: Date) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (set, atExpiry, now) => {
    if (set === undefined) return;
    const ending = firstToEnd(set);
    if (!isStale(ending, now) || now.getTime() - toldAt < DAY_MILLIS) return;
    toldAt = now.getTime();
    const detail = describeAge(ending, atExpiry, now);
    log("crl.stale", { crlNumber: String(set.crl.number), nextUpdate: ending.nextUpdate.toISOString(), detail });
  };
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
