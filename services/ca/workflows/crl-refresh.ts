const HOUR_MILLIS = 3600_000;
/** One that is younger was signed for a revocation of this night: the next night's quiet hour does. */
const EARLIEST_MILLIS = 4 * HOUR_MILLIS;
/** A day, and those: whatever the hour, a CRL is not left to grow older. */
const LATEST_MILLIS = 24 * HOUR_MILLIS + EARLIEST_MILLIS;

/**
 * Is a CRL due to be signed anew although nobody was revoked? Every night in the quiet hour: each door reloads for it.
 *
 * @param quietHour 0 to 23, in this host's time zone
 */
export function isRefreshDue(thisUpdate: Date, now: Date, quietHour: number): boolean {
  const age = now.getTime() - thisUpdate.getTime();
  return age >= LATEST_MILLIS || (age >= EARLIEST_MILLIS && now.getHours() === quietHour);
}
