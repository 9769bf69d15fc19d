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

/** A CRL whose end nginx minds, and whom it refuses then. */
export interface Ending extends Pick<Crl, "thisUpdate" | "nextUpdate"> {
  readonly label: string;
  readonly whom: string;
}

/** Of its CRLs the one that ends first. An adopted CA's that ends with that CA counts for nothing: every certificate of it has ended then, too. */
export function firstToEnd({ crl, adopted }: HeldSet): Ending {
  const own = { thisUpdate: crl.thisUpdate, nextUpdate: crl.nextUpdate, label: `CRL ${crl.number}`, whom: "everybody" };
  const others = adopted
    .filter((one) => one.crl.nextUpdate.getTime() < Date.parse(one.ca.validTo))
    .map(({ ca, crl: { thisUpdate, nextUpdate } }) => {
      const name = `the adopted CA ${ca.subject.replaceAll("\n", ", ")}`;
      return { thisUpdate, nextUpdate, label: `the CRL of ${name}`, whom: `every device of ${name}` };
    });
  return [own, ...others].reduce((first, one) => (one.nextUpdate < first.nextUpdate ? one : first));
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
