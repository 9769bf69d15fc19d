import { verify } from "node:crypto";
import { promisify } from "node:util";
import { type SignatureAlgorithm, signatureAlgorithm } from "./algorithm.js";
import { DerError, refuseMalformed } from "./der/error.js";
import { decodePem } from "./der/pem.js";
import { DerReader, readSequence } from "./der/reader.js";
import { contextConstructed, TAG } from "./der/tag.js";
import { type NameAttribute, readName } from "./distinguished-name.js";
import { LatchkeyError } from "./error.js";
import { type GeneralNames, readGeneralNames } from "./general-names.js";
import { OID } from "./object-identifiers.js";
import { type PublicKey, readPublicKey } from "./public-key.js";
import type { Der } from "./types.js";

/** What a request says of its sender: a wish, which the profile grants or refuses. */
export interface CsrSubject {
  readonly commonNames: readonly string[];
  /** The types (dotted OIDs) of all other attributes. */
  readonly otherAttributes: readonly string[];
}

/** A certificate signing request (RFC 2986) whose sender has proved to hold the key. */
export interface Csr {
  readonly subject: CsrSubject;
  /** Lower-case. */
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  /** The subjectAltName asks for names of other kinds, too. */
  readonly otherNames: boolean;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Der;
  /** SHA-256 of it, lower-case hex. */
  readonly publicKeyHash: string;
  /** `EC P-256`, `RSA 2048` … */
  readonly keyAlgorithm: string;
}

const MAX_OCTETS = 64 * 1024;
const VERSION_1 = 0;
const PEM_LABELS = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"] as const;
const MALFORMED = "This is not a certificate signing request (PKCS#10) in DER or PEM";
const NO_NAMES: GeneralNames = { dns: [], addresses: [], uris: [], others: false };

/** Off the event loop: libuv's thread pool verifies. */
const verifyInThreadPool = promisify(verify);

/**
 * Reads a request in PEM or DER and verifies the proof of possession (RFC 2986 §4.2).
 *
 * Throws CSR_TOO_LARGE, CSR_MALFORMED, CSR_TRAILING_BYTES, PROOF_OF_POSSESSION_FAILED and what `readPublicKey` throws.
 * Of the attributes only the subjectAltName is looked at; a challengePassword is a secret, and passed over.
 */
export async function readCsr(bytes: Uint8Array): Promise<Csr> {
  if (bytes.length > MAX_OCTETS)
    throw new LatchkeyError(
      "CSR_TOO_LARGE",
      `The request has ${bytes.length} octets; ${MAX_OCTETS} are allowed. A request of a real key is a hundredth of that.`,
    );
  const request = refuseMalformed("CSR_MALFORMED", MALFORMED, () => readRequest(toDer(bytes)));
  const info = refuseMalformed("CSR_MALFORMED", MALFORMED, () => readInfo(request.info));
  const key = readPublicKey(info.publicKey);
  await verifyPossession(request, key);
  return {
    subject: toSubject(info.subject),
    dnsNames: info.names.dns.map((name) => name.toLowerCase()),
    addresses: info.names.addresses,
    otherNames: info.names.others || info.names.uris.length > 0,
    publicKey: key.spki,
    publicKeyHash: key.hash,
    keyAlgorithm: key.algorithm,
  };
}

interface SignedRequest {
  readonly info: Der;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}

interface RequestInfo {
  readonly subject: readonly NameAttribute[];
  readonly publicKey: Der;
  readonly names: GeneralNames;
}

function toDer(bytes: Uint8Array): Uint8Array {
  // DER begins with the tag of a SEQUENCE, 0x30, which as text is the digit 0: no PEM begins so.
  if (bytes[0] === TAG.SEQUENCE) return bytes;
  const blocks = decodeRequestPem(Buffer.from(bytes).toString("latin1"));
  const [first, second] = blocks;
  if (second !== undefined) throw new LatchkeyError("CSR_TRAILING_BYTES", "The PEM holds more than one request. Send them one by one.");
  if (first === undefined) throw new DerError("empty");
  return first;
}

function decodeRequestPem(text: string): Der[] {
  try {
    return decodePem(PEM_LABELS, text);
  } catch (cause) {
    if (cause instanceof LatchkeyError) throw new LatchkeyError("CSR_MALFORMED", `${MALFORMED}. ${cause.message}`, { cause });
    throw cause;
  }
}

/** CertificationRequest ::= SEQUENCE { certificationRequestInfo, signatureAlgorithm, signature BIT STRING } */
function readRequest(der: Uint8Array): SignedRequest {
  const outer = new DerReader(der);
  const request = outer.inside(TAG.SEQUENCE);
  if (!outer.atEnd)
    throw new LatchkeyError("CSR_TRAILING_BYTES", "Octets follow the request: what they are for nobody knows. Send the request alone.");
  const info = request.element(TAG.SEQUENCE).whole;
  const algorithm = readAlgorithm(request.inside(TAG.SEQUENCE));
  const signature = request.octetsOfBitString();
  request.end();
  return { info, algorithm, signature };
}

function readAlgorithm(from: DerReader): SignatureAlgorithm {
  const oid = from.oid();
  const algorithm = signatureAlgorithm(oid);
  if (algorithm === undefined) {
    throw new LatchkeyError(
      "KEY_TYPE_NOT_ALLOWED",
      `The request is signed by the algorithm ${oid}; use ECDSA or RSA (PKCS#1 v1.5) with SHA-256, SHA-384 or SHA-512, or Ed25519.`,
    );
  }
  // RFC 4055 §5: NULL, but those who verify must take its absence, too.
  if (algorithm.key === "RSA" && from.optional(TAG.NULL)?.content.length) throw new DerError("a NULL that is not empty");
  from.end();
  return algorithm;
}

/** CertificationRequestInfo ::= SEQUENCE { version INTEGER { v1(0) }, subject Name, subjectPKInfo, attributes [0] } */
function readInfo(whole: Der): RequestInfo {
  const info = readSequence(whole);
  if (info.smallInteger() !== VERSION_1) throw new DerError("a version that does not exist");
  const subject = readName(info);
  const publicKey = info.element(TAG.SEQUENCE).whole;
  // Some devices leave out the attributes when there are none, though RFC 2986 wants them empty. Nothing hangs on it.
  const attributes = info.optional(contextConstructed(0));
  info.end();
  return { subject, publicKey, names: attributes === undefined ? NO_NAMES : readAttributes(new DerReader(attributes.content)) };
}

/** Attributes ::= SET OF SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY } */
function readAttributes(from: DerReader): GeneralNames {
  const seen = new Set<string>();
  let names = NO_NAMES;
  while (!from.atEnd) {
    const attribute = from.inside(TAG.SEQUENCE);
    const type = attribute.oid();
    const values = attribute.inside(TAG.SET);
    attribute.end();
    if (seen.has(type)) throw new DerError("an attribute that is there twice");
    seen.add(type);
    if (type !== OID.extensionRequest) continue;
    names = readRequestedNames(values.inside(TAG.SEQUENCE));
    values.end();
  }
  return names;
}

/** Extensions ::= SEQUENCE OF SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }: of them, the subjectAltName. */
function readRequestedNames(extensions: DerReader): GeneralNames {
  const seen = new Set<string>();
  let names = NO_NAMES;
  while (!extensions.atEnd) {
    const extension = extensions.inside(TAG.SEQUENCE);
    const type = extension.oid();
    extension.optional(TAG.BOOLEAN);
    const value = extension.element(TAG.OCTET_STRING).content;
    extension.end();
    if (seen.has(type)) throw new DerError("an extension that is asked for twice");
    seen.add(type);
    if (type !== OID.subjectAlternativeName) continue;
    const reader = new DerReader(value);
    names = readGeneralNames(reader);
    reader.end();
  }
  return names;
}

async function verifyPossession(request: SignedRequest, key: PublicKey): Promise<void> {
  const { algorithm, info, signature } = request;
  const isGood =
    algorithm.key === key.type &&
    (await verifyInThreadPool(algorithm.hash, info, { key: key.toKeyObject(), dsaEncoding: "der" }, signature).catch(() => false));
  if (!isGood) {
    throw new LatchkeyError(
      "PROOF_OF_POSSESSION_FAILED",
      "The request's signature is not by the request's key: whoever sent it does not hold the private key, or the request was changed on its way. Make it anew.",
    );
  }
}

function toSubject(attributes: readonly NameAttribute[]): CsrSubject {
  return {
    commonNames: attributes.filter(({ type }) => type === OID.commonName).map(({ value }) => value),
    otherAttributes: attributes.filter(({ type }) => type !== OID.commonName).map(({ type }) => type),
  };
}
