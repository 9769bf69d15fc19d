/**
 * So long a bundle waits to be fetched, and a profile can be handed over: phones and download managers fetch twice. The CA keeps this service open
 * for a minute longer (`FETCH_MILLIS` of `services/ca/workflows/redemption.ts`).
 */
export const LIFETIME_MILLIS = 10 * 60_000;
