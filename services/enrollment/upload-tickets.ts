import { randomBytes } from "node:crypto";
import { LIFETIME_MILLIS } from "./lifetime.js";

/** Whose bundle it will be. */
export interface UploadRight {
  readonly serialNumber: string;
  readonly deviceName: string;
}

/**
 * Each keeps one upload, its newest, and can be taken within ten minutes of the enrolment that it was given out for: nobody else may fill our
 * memory.
 */
export interface UploadTickets {
  issue(right: UploadRight): string;
  /**
   * Keeps an upload, and answers its address; undefined for a ticket that is not known, or over. A repeated upload (the answer was lost) takes the
   * same ticket again: `keep` gets the address of the one before, which it replaces.
   */
  take(ticket: string, keep: (right: UploadRight, before: string | undefined) => string): string | undefined;
  /** Is it one that may be taken? */
  isGiven(ticket: string): boolean;
}

const MOST = 1_024;
/** How often one may be taken: what the page tries when the network fails. */
const MOST_TAKEN = 5;

export function createUploadTickets(now: () => number = Date.now): UploadTickets {
  const given = new Map<string, { readonly right: UploadRight; readonly endsAt: number; taken: number; address?: string }>();

  function forgetOld(): void {
    for (const [ticket, { endsAt }] of given) if (endsAt <= now() || given.size > MOST) given.delete(ticket);
  }

  return {
    issue(right) {
      forgetOld();
      const ticket = randomBytes(16).toString("base64url");
      given.set(ticket, { right, endsAt: now() + LIFETIME_MILLIS, taken: 0 });
      return ticket;
    },
    take(ticket, keep) {
      forgetOld();
      const found = given.get(ticket);
      if (found === undefined) return undefined;
      found.taken += 1;
      if (found.taken === MOST_TAKEN) given.delete(ticket);
      found.address = keep(found.right, found.address);
      return found.address;
    },
    isGiven(ticket) {
      forgetOld();
      return given.has(ticket);
    },
  };
}
