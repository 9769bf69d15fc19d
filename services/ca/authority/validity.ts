const SECOND_MILLIS = 1000;
const DAY_MILLIS = 86_400 * SECOND_MILLIS;
/** A relying party whose clock is behind by seconds refuses what is not valid yet; five minutes forgive that. */
const BACKDATED_MILLIS = 5 * 60 * SECOND_MILLIS;

/** Five minutes before the clock's reading, in whole seconds: for notBefore, thisUpdate and producedAt. */
export function backdated(at: Date): Date {
  return wholeSeconds(at.getTime() - BACKDATED_MILLIS);
}

/** The earliest time at which what is backdated to this one was signed. */
export function signedNotBefore(thisUpdate: Date): Date {
  return new Date(thisUpdate.getTime() + BACKDATED_MILLIS);
}

/** The last second of a period of so many days: both ends belong to it (RFC 5280 §4.1.2.5), and verifiers count seconds. */
export function lastSecond(notBefore: Date, days: number): Date {
  return wholeSeconds(notBefore.getTime() + days * DAY_MILLIS - SECOND_MILLIS);
}

export function later(a: Date, b: Date): Date {
  return new Date(Math.max(a.getTime(), b.getTime()));
}

export function earlier(a: Date, b: Date): Date {
  return new Date(Math.min(a.getTime(), b.getTime()));
}

function wholeSeconds(millis: number): Date {
  return new Date(Math.floor(millis / SECOND_MILLIS) * SECOND_MILLIS);
}
