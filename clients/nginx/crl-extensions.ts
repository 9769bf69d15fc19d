import { type DerCursor, DerError, TAG } from "./der.js";
import { type KeyName, readKeyName } from "./issuer.js";
import { readVouched, type Vouched } from "./vouched.js";

/*
 * A list must mean the same to nginx as to the hook, or a device is revoked for the one and let in by the other. So whatever makes
 * OpenSSL read it otherwise is refused. Measured with OpenSSL 3.0 in nginx 1.22: an entry with the reason removeFromCRL, or with
 * a certificateIssuer, lets the device in; another key's identifier, a critical extension or a partition has everybody refused.
 */

const OID = {
  issuerAlternativeName: "551d12",
  crlNumber: "551d14",
  reasonCode: "551d15",
  deltaCrlIndicator: "551d1b",
  issuingDistributionPoint: "551d1c",
  certificateIssuer: "551d1d",
  authorityKeyIdentifier: "551d23",
} as const;
/** CRLReason (RFC 5280 §5.3.1), but for removeFromCRL (8), which is for deltas; 7 is not used. */
const REASONS: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6, 9, 10]);
const ENUMERATED = 0x0a;
/** RFC 5280 §5.2.3. */
const MAX_NUMBER_OCTETS = 20;

export interface CrlExtensions {
  readonly number: bigint;
  readonly signer: KeyName | undefined;
  /** The adopted CAs that the CRL vouches for. */
  readonly vouched: readonly Vouched[];
}

/** crlExtensions: the number, and which key signed. Throws DerError for what makes it no full CRL. */
export function readCrlExtensions(extensions: DerCursor): CrlExtensions {
  const seen = new Set<string>();
  let number: bigint | undefined;
  let signer: KeyName | undefined;
  let vouched: readonly Vouched[] = [];
  while (!extensions.atEnd) {
    const { id, isCritical, value } = readExtension(extensions);
    if (seen.has(id)) throw new DerError("an extension that is there twice");
    seen.add(id);
    if (id === OID.deltaCrlIndicator || id === OID.issuingDistributionPoint || (isCritical && id !== OID.authorityKeyIdentifier))
      throw new DerError("an extension that makes it no full CRL");
    if (id === OID.crlNumber) number = readNumber(value);
    if (id === OID.authorityKeyIdentifier) signer = readKeyName(value);
    if (id === OID.issuerAlternativeName) vouched = readVouched(value);
  }
  if (number === undefined) throw new DerError("a CRL without a number");
  return { number, signer, vouched };
}

/** crlEntryExtensions. Throws DerError for an entry that revokes nothing, or another CA's certificate. */
export function checkEntryExtensions(extensions: DerCursor): void {
  let hasReason = false;
  while (!extensions.atEnd) {
    const { id, isCritical, value } = readExtension(extensions);
    if (isCritical || id === OID.certificateIssuer) throw new DerError("an entry with an extension that makes it no entry of a full CRL");
    if (id !== OID.reasonCode) continue;
    const [reason = 0, ...more] = value.content(ENUMERATED);
    value.done();
    if (hasReason || more.length > 0 || !REASONS.has(reason))
      throw new DerError(`an entry with the reason ${reason}, which revokes nothing`);
    hasReason = true;
  }
}

/** Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
function readExtension(extensions: DerCursor): { id: string; isCritical: boolean; value: DerCursor } {
  const extension = extensions.inside(TAG.SEQUENCE);
  const id = hex(extension.content(TAG.OBJECT_IDENTIFIER));
  const isCritical = extension.nextTag === TAG.BOOLEAN && hex(extension.content(TAG.BOOLEAN)) !== "00";
  const value = extension.inside(TAG.OCTET_STRING);
  extension.done();
  return { id, isCritical, value };
}

/** CRLNumber ::= INTEGER (0..MAX): 0 is a number as well, and positive enough here. */
function readNumber(value: DerCursor): bigint {
  const content = value.positiveInteger();
  value.done();
  const octets = content[0] === 0 ? content.length - 1 : content.length;
  if (octets > MAX_NUMBER_OCTETS) throw new DerError("a CRL number of more than 20 octets");
  return BigInt(`0x${hex(content)}`);
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("hex");
}
