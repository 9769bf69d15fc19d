import type { Authority } from "./authority.js";
import { authorityKeyIdentifier, parseExtensions } from "./certificate.js";
import { type CrlEntry, readCrlEntry } from "./crl-entry.js";
import { DerError, refuseMalformed } from "./der/error.js";
import { decodePem } from "./der/pem.js";
import { DerReader, readSequence } from "./der/reader.js";
import { contextConstructed, TAG } from "./der/tag.js";
import { LatchkeyError } from "./error.js";
import { readGeneralNames } from "./general-names.js";
import { OID } from "./object-identifiers.js";
import { isSignedBy } from "./sign.js";
import type { CrlNumber, Der } from "./types.js";
import { readVouched, type Vouched } from "./vouched.js";

/** A full CRL taken apart (RFC 5280 §5.1), not verified. */
export interface Crl {
  /** The issuer's Name. */
  readonly issuer: Der;
  readonly authorityKeyIdentifier: Uint8Array | undefined;
  readonly number: CrlNumber;
  /** The adopted CAs that it vouches for. */
  readonly vouched: readonly Vouched[];
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** The TBSCertList, which the signature is over. */
  readonly signedOctets: Uint8Array;
  /** AlgorithmIdentifier. */
  readonly signatureAlgorithm: Der;
  readonly signature: Uint8Array;
  /** Reads them as one goes. Throws CRL_INVALID when it comes to one that is malformed. */
  entries(): Iterable<CrlEntry>;
}

const VERSION_2 = 1;
const MAX_NUMBER_OCTETS = 20;
const PEM_LABEL = "X509 CRL";
const INVALID = "This is not a CRL (RFC 5280) in DER or PEM that can be relied on";
/** Critical extensions beside these change what the list means: deltas, partitions, indirect CRLs. */
const UNDERSTOOD: ReadonlySet<string> = new Set([OID.authorityKeyIdentifier, OID.crlNumber]);

/** Takes a CRL apart. Only full version 2 CRLs with number and nextUpdate are read: others can't be enforced safely. Throws CRL_INVALID. */
export function readCrl(bytes: Uint8Array): Crl {
  return refuseMalformed("CRL_INVALID", INVALID, () => parseCrl(bytes[0] === TAG.SEQUENCE ? bytes : fromPem(bytes)));
}

/** Did this authority sign it? Issuer, key identifier, signature; not its dates. */
export async function verifyCrl(crl: Crl, authority: Authority): Promise<boolean> {
  const isIssuer = Buffer.from(crl.issuer).equals(authority.subject);
  const isKey = crl.authorityKeyIdentifier === undefined || Buffer.from(crl.authorityKeyIdentifier).equals(authority.keyIdentifier);
  return isIssuer && isKey && (await isSignedBy(authority.verificationKey, crl.signedOctets, crl.signatureAlgorithm, crl.signature));
}

function fromPem(bytes: Uint8Array): Der {
  try {
    const [first, second] = decodePem(PEM_LABEL, Buffer.from(bytes).toString("latin1"));
    if (first === undefined || second !== undefined) throw new DerError("more than one CRL");
    return first;
  } catch (cause) {
    if (cause instanceof LatchkeyError) throw new LatchkeyError("CRL_INVALID", `${INVALID}. ${cause.message}`, { cause });
    throw cause;
  }
}

/** CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue BIT STRING } */
function parseCrl(der: Uint8Array): Crl {
  const list = readSequence(der);
  const signedOctets = list.element(TAG.SEQUENCE).whole;
  const outerAlgorithm = list.element(TAG.SEQUENCE).whole;
  const signature = list.octetsOfBitString();
  list.end();
  const tbs = parseTbs(signedOctets);
  if (!Buffer.from(outerAlgorithm).equals(tbs.signatureAlgorithm)) throw new DerError("two signature algorithms that differ");
  // Here, not at the verification: an AlgorithmIdentifier that is none is malformed.
  readSequence(outerAlgorithm).oid();
  return { signedOctets, signature, ...tbs };
}

/** TBSCertList ::= SEQUENCE { version, signature, issuer, thisUpdate, nextUpdate, revokedCertificates OPTIONAL, crlExtensions [0] } */
function parseTbs(signedOctets: Der): Omit<Crl, "signedOctets" | "signature"> {
  const from = readSequence(signedOctets);
  if (from.smallInteger() !== VERSION_2) throw new DerError("a version that is not 2");
  const signatureAlgorithm = from.element(TAG.SEQUENCE).whole;
  const issuer = from.element(TAG.SEQUENCE).whole;
  const thisUpdate = from.time();
  const nextUpdate = from.time();
  const revoked = from.optional(TAG.SEQUENCE);
  if (revoked?.content.length === 0) throw new DerError("an empty list of revocations, which should be left out");
  const wrapper = from.inside(contextConstructed(0));
  const extensions = parseExtensions(wrapper.inside(TAG.SEQUENCE));
  wrapper.end();
  from.end();
  for (const [type, { critical }] of extensions) {
    if (critical && !UNDERSTOOD.has(type)) throw new DerError(`the critical extension ${type}: not a full CRL`);
  }
  return {
    signatureAlgorithm,
    issuer,
    thisUpdate,
    nextUpdate,
    authorityKeyIdentifier: authorityKeyIdentifier(extensions),
    number: readNumber(extensions.get(OID.crlNumber)?.value),
    vouched: readNamesVouchedFor(extensions.get(OID.issuerAlternativeName)?.value),
    entries: () => readEntries(revoked?.content ?? new Uint8Array()),
  };
}

/** CRLNumber ::= INTEGER (0..MAX), 20 octets at most (RFC 5280 §5.2.3). */
function readNumber(value: Uint8Array | undefined): CrlNumber {
  if (value === undefined) throw new DerError("no CRL number");
  const from = new DerReader(value);
  const magnitude = from.unsignedInteger();
  from.end();
  if (magnitude.length > MAX_NUMBER_OCTETS) throw new DerError("a CRL number of more than 20 octets");
  return BigInt(`0x${Buffer.from(magnitude).toString("hex")}`);
}

function readNamesVouchedFor(value: Uint8Array | undefined): Vouched[] {
  if (value === undefined) return [];
  const from = new DerReader(value);
  const { uris } = readGeneralNames(from);
  from.end();
  return readVouched(uris);
}

function* readEntries(content: Uint8Array): Generator<CrlEntry> {
  const from = new DerReader(content);
  while (!from.atEnd) yield refuseMalformed("CRL_INVALID", INVALID, () => readCrlEntry(from));
}
