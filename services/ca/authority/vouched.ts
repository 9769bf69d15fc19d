import { createHash } from "node:crypto";
import type { CrlNumber, Der } from "./types.js";

/**
 * What the CRL of `devices` says of an adopted CA: devices of this certificate are let in beside its own, as long as they are not on that CA's CRL
 * of this number or a later one.
 */
export interface Vouched {
  /** SHA-256 of the adopted CA's certificate, lower-case hex. */
  readonly fingerprint: string;
  readonly crlNumber: CrlNumber;
}

const URI = /^urn:latchkey:adopted:([0-9a-f]{64}):(0|[1-9][0-9]{0,48})$/;

export function fingerprintOf(certificate: Der): string {
  return createHash("sha256").update(certificate).digest("hex");
}

/** In the CRL's issuerAltName (RFC 5280 §5.2.2), which those that verify devices pass over: only the hook reads it. */
export function vouchedUri({ fingerprint, crlNumber }: Vouched): string {
  return `urn:latchkey:adopted:${fingerprint}:${crlNumber}`;
}

/** Those of these URIs that vouch for a CA. */
export function readVouched(uris: readonly string[]): Vouched[] {
  return uris.flatMap((uri) => {
    const [, fingerprint, crlNumber] = URI.exec(uri) ?? [];
    return fingerprint === undefined || crlNumber === undefined ? [] : [{ fingerprint, crlNumber: BigInt(crlNumber) }];
  });
}
