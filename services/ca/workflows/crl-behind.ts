import type { Log } from "../../log.js";
import type { AuthorityId, CrlRecord } from "../authority/types.js";

const DAY_MILLIS = 24 * 3600_000;
/** A CRL is signed every day: when it is this old, something is wrong, long before it expires. */
const BEHIND_DAYS = 3;

/** How many whole days ago the CRL was signed, when that is too many; undefined while all is well. Infinity: there is none. */
export function daysBehind(crl: CrlRecord | undefined, at: Date): number | undefined {
  if (crl === undefined) return Number.POSITIVE_INFINITY;
  const days = Math.floor((at.getTime() - crl.thisUpdate.getTime()) / DAY_MILLIS);
  return days >= BEHIND_DAYS ? days : undefined;
}

/** Says in the log that a CRL is behind, once a day for each authority: the log is what an owner's alerts read. */
export function createBehindAlarm(log: Log): (authority: AuthorityId, crl: CrlRecord | undefined, at: Date) => void {
  const said = new Map<AuthorityId, number>();
  return (authority, crl, at) => {
    const days = daysBehind(crl, at);
    if (days === undefined || at.getTime() - (said.get(authority) ?? Number.NEGATIVE_INFINITY) < DAY_MILLIS) return;
    said.set(authority, at.getTime());
    const last = crl === undefined ? {} : { days, crlNumber: String(crl.number), nextUpdate: crl.nextUpdate.toISOString() };
    log("crl.behind", { authority, ...last });
  };
}
