import type { Crl } from "./crl.js";

/**
 * What becomes of the devices that are let in when the CRL ends before a newer one has come; the user's choice. nginx itself knows
 * `fail-closed` alone. SECURITY.md says what the other means.
 */
export const AT_EXPIRY = ["fail-closed", "keep-last-good"] as const;
export type AtExpiry = (typeof AT_EXPIRY)[number];

/** Longer than the hook's longest pause between two looks and nginx's longest reload: nobody is refused in between. */
const BEFORE_MILLIS = 10 * 60_000;

/** Has the list to stand in for this CRL by now? */
export function isToBeKept(crl: Pick<Crl, "nextUpdate">, atExpiry: AtExpiry, now: Date): boolean {
  return atExpiry === "keep-last-good" && crl.nextUpdate.getTime() - now.getTime() <= BEFORE_MILLIS;
}
