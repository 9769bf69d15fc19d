import { parseExtensions } from "./certificate.js";
import { DerError } from "./der/error.js";
import { DerReader, readSequence } from "./der/reader.js";
import { contextConstructed, TAG } from "./der/tag.js";
import { OID } from "./object-identifiers.js";
import { serialNumberOf } from "./serial-number.js";
import type { Der, SerialNumber } from "./types.js";

/** Names one certificate whose standing is asked for (RFC 6960 §4.1.1). */
export interface CertId {
  /** As it was asked: the answer repeats it octet for octet. */
  readonly whole: Der;
  /** Dotted OID. */
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  readonly serialNumber: SerialNumber;
}

export interface OcspRequest {
  /** One at least. */
  readonly certIds: readonly CertId[];
  /** The whole extension, which the answer repeats. */
  readonly nonce: Der | undefined;
}

/** More than any client asks for at once; it bounds what an answer costs. */
export const MOST_CERT_IDS = 64;
/** RFC 9654 §2.1. */
const LONGEST_NONCE_OCTETS = 128;
const VERSION_1 = 0;

/**
 * Reads an OCSPRequest in DER (RFC 6960 §4.1.1). A signature is passed over: nobody has to sign here. Throws DerError, also for a critical extension
 * that is not known, and for a nonce of another length than RFC 9654 allows.
 */
export function readOcspRequest(octets: Uint8Array): OcspRequest {
  const outer = readSequence(octets);
  const tbs = outer.inside(TAG.SEQUENCE);
  // Signature ::= [0] EXPLICIT SEQUENCE, OPTIONAL
  outer.optional(contextConstructed(0));
  outer.end();
  const version = tbs.optional(contextConstructed(0));
  if (version !== undefined) readVersion(new DerReader(version.content));
  // requestorName [1] EXPLICIT GeneralName OPTIONAL: whoever it says it is, the answer is public.
  tbs.optional(contextConstructed(1));
  const list = tbs.inside(TAG.SEQUENCE);
  const certIds: CertId[] = [];
  while (!list.atEnd) {
    if (certIds.length === MOST_CERT_IDS) throw new DerError(`more than ${MOST_CERT_IDS} certificates asked for`);
    certIds.push(readSingleRequest(list.inside(TAG.SEQUENCE)));
  }
  if (certIds.length === 0) throw new DerError("no certificate asked for");
  const nonce = readExtensions(tbs.optional(contextConstructed(2))?.content);
  tbs.end();
  return { certIds, nonce };
}

function readVersion(from: DerReader): void {
  if (from.smallInteger() !== VERSION_1) throw new DerError("a version that is not 1");
  from.end();
}

/** Request ::= SEQUENCE { reqCert CertID, singleRequestExtensions [0] EXPLICIT Extensions OPTIONAL } */
function readSingleRequest(from: DerReader): CertId {
  const { whole, content } = from.element(TAG.SEQUENCE);
  refuseCritical(from.optional(contextConstructed(0))?.content);
  from.end();
  const certId = new DerReader(content);
  const algorithm = certId.inside(TAG.SEQUENCE);
  const hashAlgorithm = algorithm.oid();
  const parameters = algorithm.optional(TAG.NULL);
  if (parameters !== undefined && parameters.content.length > 0) throw new DerError("a NULL that is not empty");
  algorithm.end();
  const issuerNameHash = certId.element(TAG.OCTET_STRING).content;
  const issuerKeyHash = certId.element(TAG.OCTET_STRING).content;
  const serialNumber = serialNumberOf(certId.integer());
  if (serialNumber === undefined) throw new DerError("a serial number that is not positive or too long");
  certId.end();
  return { whole, hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber };
}

function readExtensions(wrapper: Uint8Array | undefined): Der | undefined {
  const nonce = refuseCritical(wrapper)?.get(OID.ocspNonce);
  if (nonce === undefined) return undefined;
  const from = new DerReader(nonce.value);
  const { length } = from.element(TAG.OCTET_STRING).content;
  from.end();
  if (length < 1 || length > LONGEST_NONCE_OCTETS) throw new DerError(`a nonce of ${length} octets`);
  return nonce.whole;
}

function refuseCritical(wrapper: Uint8Array | undefined): ReturnType<typeof parseExtensions> | undefined {
  if (wrapper === undefined) return undefined;
  const from = new DerReader(wrapper);
  const extensions = parseExtensions(from.inside(TAG.SEQUENCE));
  from.end();
  for (const [type, { critical }] of extensions)
    if (critical && type !== OID.ocspNonce) throw new DerError(`the critical extension ${type}`);
  return extensions;
}
