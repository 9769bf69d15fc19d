import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import type { Authority } from "./authority.js";
import { parseExtensions } from "./certificate.js";
import type { CrlEntries } from "./crl-entries.js";
import { readSequence } from "./der/reader.js";
import { contextConstructed, TAG } from "./der/tag.js";
import { booleanTrue, elementHeader, explicit, integer, objectIdentifier, octetString, sequence, time } from "./der/writer.js";
import { encodeGeneralNames } from "./general-names.js";
import { OID } from "./object-identifiers.js";
import { authorityKeyIdentifierExtension, extension, pkijsTime, toBuffer, toOctets } from "./pkijs-encoding.js";
import { signInPlace } from "./sign.js";
import type { CrlNumber, Der, SerialNumber } from "./types.js";
import { type Vouched, vouchedUri } from "./vouched.js";

export { CrlDelta } from "./crl-delta.js";
export { CrlEntries } from "./crl-entries.js";
export { type CrlEntry, encodeRemoval } from "./crl-entry.js";
export { type Crl, readCrl, verifyCrl } from "./read-crl.js";

/** The greater of the last number + 1 and the clock's milliseconds: so that even a restored backup goes forward. */
export function nextCrlNumber(last: CrlNumber | undefined, at: Date): CrlNumber {
  const clock = BigInt(at.getTime());
  return last !== undefined && last >= clock ? last + 1n : clock;
}

export interface CrlSigner {
  /**
   * Signs a full CRL, which vouches for adopted CAs if there are any. The entries may change again as soon as this has been called: it copies
   * them before it waits. Throws INTERNAL.
   */
  sign(entries: CrlEntries, number: CrlNumber, thisUpdate: Date, nextUpdate: Date, vouched?: readonly Vouched[]): Promise<SignedCrl>;
  /**
   * Signs a delta CRL (RFC 5280 §5.2.4): what has changed from the full CRL of the number `base` to that of `number`, whose dates it has, too.
   * Throws INTERNAL.
   */
  signDelta(base: CrlNumber, entries: readonly Der[], number: CrlNumber, thisUpdate: Date, nextUpdate: Date): Promise<SignedCrl>;
}

export interface SignedCrl {
  readonly der: Der;
  /** Of the DER, lower-case hex. */
  readonly sha256: string;
}

/** Makes a signer of an authority's CRLs: its template is built once. `freshestUrl`: where full CRLs say that their delta is. */
export function createCrlSigner(authority: Authority, freshestUrl?: string): CrlSigner {
  const template = createCrlTemplate(authority);
  const freshest = freshestUrl === undefined ? [] : [freshestCrl(freshestUrl)];
  return {
    sign: (entries, number, thisUpdate, nextUpdate, vouched = []) =>
      signInPlace(
        tbsParts(template, entries.pieces(), thisUpdate, nextUpdate, [
          template.authorityKeyIdentifier,
          crlNumber(number),
          ...issuerAlternativeName(vouched),
          ...freshest,
        ]),
        authority,
      ),
    signDelta: (base, entries, number, thisUpdate, nextUpdate) =>
      signInPlace(
        tbsParts(template, entries, thisUpdate, nextUpdate, [
          template.authorityKeyIdentifier,
          crlNumber(number),
          sequence(DELTA_CRL_INDICATOR, booleanTrue(), octetString(integer(base))),
        ]),
        authority,
      ),
  };
}

/**
 * The serial numbers that may leave the CRL: a revoked certificate stays until it has appeared on one CRL issued after its
 * expiry (RFC 5280 §3.3). `lastThisUpdate` is the newest CRL's thisUpdate. What was revoked after it may not have been on
 * that CRL, and stays; what expired on the same day stays until the day after.
 */
export function expiredEntries(entries: CrlEntries, lastThisUpdate: Date): SerialNumber[] {
  return [...entries.expiredBefore(lastThisUpdate)]
    .filter(({ revokedAt }) => revokedAt < lastThisUpdate)
    .map(({ serialNumber }) => serialNumber);
}

/** What all CRLs of an authority share, as pkijs encodes it. */
interface CrlTemplate {
  readonly version: Der;
  readonly signatureAlgorithm: Der;
  readonly issuer: Der;
  readonly authorityKeyIdentifier: Der;
}

const VERSION_2 = 1;

/** Builds a whole CRL with pkijs and keeps what does not vary. */
function createCrlTemplate(authority: Authority): CrlTemplate {
  const list = new pkijs.CertificateRevocationList({
    version: VERSION_2,
    signature: pkijs.AlgorithmIdentifier.fromBER(toBuffer(authority.signer.signatureAlgorithm)),
    issuer: pkijs.RelativeDistinguishedNames.fromBER(toBuffer(authority.subject)),
    thisUpdate: pkijsTime(authority.notBefore),
    nextUpdate: pkijsTime(authority.notAfter),
    crlExtensions: new pkijs.Extensions({
      extensions: [
        authorityKeyIdentifierExtension(authority.keyIdentifier),
        extension(OID.crlNumber, false, new asn1js.Integer({ value: 1 })),
      ],
    }),
  });
  list.signatureAlgorithm = list.signature;
  const from = readSequence(toOctets(list.toSchema(true))).inside(TAG.SEQUENCE);
  const version = from.element(TAG.INTEGER).whole;
  const signatureAlgorithm = from.element(TAG.SEQUENCE).whole;
  const issuer = from.element(TAG.SEQUENCE).whole;
  from.time();
  from.time();
  const [authorityKeyIdentifier] = [...parseExtensions(from.inside(contextConstructed(0)).inside(TAG.SEQUENCE)).values()];
  if (authorityKeyIdentifier === undefined) throw new RangeError("the CRL's template lacks its authorityKeyIdentifier");
  return { version, signatureAlgorithm, issuer, authorityKeyIdentifier: authorityKeyIdentifier.whole };
}

/** What makes up a TBSCertList (RFC 5280 §5.1.2): without entries there is no `revokedCertificates` at all. */
function tbsParts(
  template: CrlTemplate,
  entries: readonly Uint8Array[],
  thisUpdate: Date,
  nextUpdate: Date,
  extensions: readonly Der[],
): Uint8Array[] {
  const sizeOctets = entries.reduce((sum, { length }) => sum + length, 0);
  return [
    template.version,
    template.signatureAlgorithm,
    template.issuer,
    time(thisUpdate),
    time(nextUpdate),
    ...(sizeOctets === 0 ? [] : [elementHeader(TAG.SEQUENCE, sizeOctets), ...entries]),
    explicit(0, sequence(...extensions)),
  ];
}

function crlNumber(number: CrlNumber): Der {
  return sequence(CRL_NUMBER, octetString(integer(number)));
}

/** FreshestCRL ::= CRLDistributionPoints (RFC 5280 §5.2.6), not critical. */
function freshestCrl(url: string): Der {
  const distributionPoint = [new pkijs.GeneralName({ type: URI, value: url })];
  const points = new pkijs.CRLDistributionPoints({ distributionPoints: [new pkijs.DistributionPoint({ distributionPoint })] });
  return toOctets(extension(OID.freshestCrl, false, points).toSchema());
}

/** IssuerAltName ::= GeneralNames (RFC 5280 §5.2.2), not critical: left out where there is nobody to vouch for. */
function issuerAlternativeName(vouched: readonly Vouched[]): Der[] {
  if (vouched.length === 0) return [];
  return [sequence(ISSUER_ALTERNATIVE_NAME, octetString(encodeGeneralNames({ uris: vouched.map(vouchedUri) })))];
}

/** GeneralName's tag of a uniformResourceIdentifier. */
const URI = 6;
const DELTA_CRL_INDICATOR = objectIdentifier(OID.deltaCrlIndicator);
const CRL_NUMBER = objectIdentifier(OID.crlNumber);
const ISSUER_ALTERNATIVE_NAME = objectIdentifier(OID.issuerAlternativeName);
