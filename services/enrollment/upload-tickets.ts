import { randomBytes } from "node:crypto";
import { LIFETIME_MILLIS } from "./lifetime.js";

/** Whose bundle it will be. */
export interface UploadRight {
  readonly serialNumber: string;
  readonly deviceName: string;
}

/**
 * A certificate has one at most, its newest, good until ten minutes after the redemption that the certificate came from, however often the CA answers
 * with it again: nobody else may fill our memory, and who was once a guest is not one for ever.
 */
export interface UploadTickets {
  /** The one before is over. Undefined: too long ago. */
  issue(right: UploadRight, sinceRedemptionMillis: number): string | undefined;
  /** Takes it for one upload, which may be kept until `endsAt`. Undefined for a ticket that is not known, or over. */
  take(ticket: string): (UploadRight & { readonly endsAt: number }) | undefined;
  /** Is it one that may be taken? */
  isGiven(ticket: string): boolean;
}

/** Each is of another certificate: with so many in ten minutes, the oldest has been used. */
const MOST = 1_024;
/** How often one may be taken: what the page tries when the network fails. */
const MOST_TAKEN = 5;

export function createUploadTickets(now: () => number = Date.now): UploadTickets {
  const given = new Map<string, { readonly right: UploadRight; readonly endsAt: number; taken: number }>();

  function forgetOld(): void {
    for (const [ticket, { endsAt }] of given) if (endsAt <= now() || given.size > MOST) given.delete(ticket);
  }

  return {
    issue(right, sinceRedemptionMillis) {
      forgetOld();
      for (const [ticket, before] of given) if (before.right.serialNumber === right.serialNumber) given.delete(ticket);
      const leftMillis = LIFETIME_MILLIS - sinceRedemptionMillis;
      if (leftMillis <= 0) return undefined;
      const ticket = randomBytes(16).toString("base64url");
      given.set(ticket, { right, endsAt: now() + leftMillis, taken: 0 });
      return ticket;
    },
    take(ticket) {
      forgetOld();
      const found = given.get(ticket);
      if (found === undefined) return undefined;
      found.taken += 1;
      if (found.taken === MOST_TAKEN) given.delete(ticket);
      return { ...found.right, endsAt: found.endsAt };
    },
    isGiven(ticket) {
      forgetOld();
      return given.has(ticket);
    },
  };
}
