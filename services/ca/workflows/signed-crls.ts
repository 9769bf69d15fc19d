import type { CrlNumber, CrlRecord } from "../authority/types.js";
import { signedNotBefore } from "../authority/validity.js";

/** How many CRLs are remembered: those that somebody may still be waiting for. */
const REMEMBERED = 1_000;

/** When the newest CRLs of `devices` were signed, and when they end: of those that this process has seen. */
export interface SignedCrls {
  add(crl: Pick<CrlRecord, "number" | "nextUpdate">, signedAt: Date): void;
  signedAt(number: CrlNumber): Date | undefined;
  nextUpdateOf(number: CrlNumber): Date | undefined;
  /** Those newer than this one; `isWhole` when none of them can be missing here. */
  since(number: CrlNumber): { readonly count: number; readonly firstSignedAt: Date | undefined; readonly isWhole: boolean };
}

/** @param current the CRL that lies in the store when the CA starts */
export function createSignedCrls(current: CrlRecord | undefined): SignedCrls {
  const known = new Map<CrlNumber, { readonly signedAt: Date; readonly nextUpdate: Date }>();
  if (current !== undefined) known.set(current.number, { signedAt: signedNotBefore(current.thisUpdate), nextUpdate: current.nextUpdate });
  return {
    add({ number, nextUpdate }, signedAt) {
      known.set(number, { signedAt, nextUpdate });
      for (const oldest of known.keys()) {
        if (known.size <= REMEMBERED) break;
        known.delete(oldest);
      }
    },
    signedAt: (number) => known.get(number)?.signedAt,
    nextUpdateOf: (number) => known.get(number)?.nextUpdate,
    since(number) {
      // Numbers only grow: they lie here in their order.
      const newer = [...known].filter(([other]) => other > number);
      return { count: newer.length, firstSignedAt: newer[0]?.[1].signedAt, isWhole: newer.length < known.size };
    },
  };
}
