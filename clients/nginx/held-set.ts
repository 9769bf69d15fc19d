import type { AdoptedCa } from "./accept-adopted.js";
import type { Crl } from "./crl.js";
import { SerialNumbers } from "./serial-numbers.js";

/** The CRL of the devices CA, and the adopted CAs that it vouches for, each with its own. */
export interface HeldSet {
  readonly crl: Crl;
  readonly adopted: readonly AdoptedCa[];
}

export function crlsOf({ crl, adopted }: HeldSet): Crl[] {
  return [crl, ...adopted.map((one) => one.crl)];
}

/**
 * Every serial number that one of the CRLs refuses, as lower-case hex, each once. Who goes by these alone refuses a good device, too, that has the
 * number of a revoked one of another CA.
 */
export function refusedBy(set: HeldSet): Set<string> {
  return new Set(crlsOf(set).flatMap(({ serialNumbers }) => [...serialNumbers]));
}

/** Does it refuse somebody whom the one before did not? Their WebSockets must not live on; everybody else's may. */
export function addsTo(before: HeldSet, now: HeldSet): boolean {
  const adds = (crl: Crl, earlier: SerialNumbers) => crl.serialNumbers.missingFrom(earlier).next().done === false;
  if (adds(now.crl, before.crl.serialNumbers)) return true;
  // Of a CA that has gone, everybody is refused.
  if (before.adopted.some(({ ca }) => !now.adopted.some((one) => one.ca.raw.equals(ca.raw)))) return true;
  return now.adopted.some(({ ca, crl }) => {
    const earlier = before.adopted.find((one) => one.ca.raw.equals(ca.raw))?.crl;
    return adds(crl, earlier?.serialNumbers ?? NONE);
  });
}

const NONE = new SerialNumbers(new Uint8Array(), 0);
