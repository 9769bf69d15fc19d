import { type DerCursor, DerError, TAG } from "./der.js";

/** What the CRL of `devices` says of an adopted CA: nginx is to trust it beside its own, with its CRL of this number or a later one. */
export interface Vouched {
  /** SHA-256 of its certificate, lower-case hex. */
  readonly fingerprint: string;
  readonly crlNumber: bigint;
}

const URI = 0x86;
const OURS = "urn:latchkey:adopted:";
const WHOLE = /^urn:latchkey:adopted:([0-9a-f]{64}):([0-9]{1,49})$/;

/** IssuerAltName ::= GeneralNames (RFC 5280 §5.2.2): those of its URIs that vouch for a CA. Throws DerError. */
export function readVouched(value: DerCursor): Vouched[] {
  const names = value.inside(TAG.SEQUENCE);
  value.done();
  const vouched = new Map<string, Vouched>();
  while (names.nextTag !== undefined) {
    const tag = names.nextTag;
    const text = Buffer.from(names.content(tag)).toString("latin1");
    if (tag !== URI || !text.startsWith(OURS)) continue;
    const [, fingerprint, crlNumber] = WHOLE.exec(text) ?? [];
    // One that is passed over would shut out all devices of that CA without a word.
    if (fingerprint === undefined || crlNumber === undefined || vouched.has(fingerprint))
      throw new DerError("a name that vouches for no CA, or for one twice");
    vouched.set(fingerprint, { fingerprint, crlNumber: BigInt(crlNumber) });
  }
  return [...vouched.values()];
}
