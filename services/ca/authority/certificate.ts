import { DerError, refuseMalformed } from "./der/error.js";
import { DerReader, readSequence } from "./der/reader.js";
import { contextConstructed, contextPrimitive, TAG } from "./der/tag.js";
import { OID } from "./object-identifiers.js";
import { serialNumberOf } from "./serial-number.js";
import type { Der, SerialNumber } from "./types.js";

export interface Extension {
  readonly critical: boolean;
  /** The extension's own DER, out of its OCTET STRING. */
  readonly value: Uint8Array;
  /** The whole Extension. */
  readonly whole: Der;
}

/** A certificate taken apart (RFC 5280 §4.1), not verified. */
export interface Certificate {
  readonly tbs: Der;
  readonly serialNumber: SerialNumber;
  readonly signatureAlgorithm: Der;
  readonly issuer: Der;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly subject: Der;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Der;
  /** By dotted OID, in their order. */
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly signature: Uint8Array;
}

const VERSION_3 = 2;

/** Takes a certificate apart. Throws STORE_CORRUPT: only certificates that Latchkey has signed and kept are read here. */
export function readCertificate(der: Der): Certificate {
  return refuseMalformed("STORE_CORRUPT", "A certificate in the data folder can't be read", () => parseCertificate(der));
}

/** The same, throwing DerError. */
export function parseCertificate(der: Uint8Array): Certificate {
  const certificate = readSequence(der);
  const tbs = certificate.element(TAG.SEQUENCE).whole;
  const outerAlgorithm = certificate.element(TAG.SEQUENCE).whole;
  const signature = certificate.octetsOfBitString();
  certificate.end();
  const parts = parseTbs(tbs);
  if (!Buffer.from(outerAlgorithm).equals(parts.signatureAlgorithm)) throw new DerError("two signature algorithms that differ");
  return { tbs, signature, ...parts };
}

/** TBSCertificate ::= SEQUENCE { version [0], serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo, extensions [3] } */
export function parseTbs(tbs: Uint8Array): Omit<Certificate, "tbs" | "signature"> {
  const from = readSequence(tbs);
  const version = from.inside(contextConstructed(0));
  if (version.smallInteger() !== VERSION_3) throw new DerError("a version that is not 3");
  version.end();
  const serialNumber = serialNumberOf(from.integer());
  if (serialNumber === undefined) throw new DerError("a serial number that is not positive or too long");
  const signatureAlgorithm = from.element(TAG.SEQUENCE).whole;
  const issuer = from.element(TAG.SEQUENCE).whole;
  const validity = from.inside(TAG.SEQUENCE);
  const notBefore = validity.time();
  const notAfter = validity.time();
  validity.end();
  const subject = from.element(TAG.SEQUENCE).whole;
  const publicKey = from.element(TAG.SEQUENCE).whole;
  const wrapper = from.inside(contextConstructed(3));
  const extensions = parseExtensions(wrapper.inside(TAG.SEQUENCE));
  wrapper.end();
  from.end();
  return { serialNumber, signatureAlgorithm, issuer, notBefore, notAfter, subject, publicKey, extensions };
}

/** Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension; none of them twice (RFC 5280 §4.2). */
export function parseExtensions(list: DerReader): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  if (list.atEnd) throw new DerError("an empty list of extensions");
  while (!list.atEnd) {
    const { whole, content } = list.element(TAG.SEQUENCE);
    const from = new DerReader(content);
    const type = from.oid();
    const critical = from.booleanDefaultFalse();
    const { content: value } = from.element(TAG.OCTET_STRING);
    from.end();
    if (extensions.has(type)) throw new DerError("an extension that is there twice");
    extensions.set(type, { critical, value, whole });
  }
  return extensions;
}

/** ExtKeyUsageSyntax ::= SEQUENCE OF KeyPurposeId; empty if there is no such extension. */
export function extendedKeyUsages(extensions: Certificate["extensions"]): Set<string> {
  const extension = extensions.get(OID.extendedKeyUsage);
  const usages = new Set<string>();
  if (extension === undefined) return usages;
  const from = readSequence(extension.value);
  while (!from.atEnd) usages.add(from.oid());
  return usages;
}

/** SubjectKeyIdentifier ::= OCTET STRING */
export function subjectKeyIdentifier(extensions: Certificate["extensions"]): Uint8Array | undefined {
  const extension = extensions.get(OID.subjectKeyIdentifier);
  if (extension === undefined) return undefined;
  const from = new DerReader(extension.value);
  const { content } = from.element(TAG.OCTET_STRING);
  from.end();
  return content;
}

/** AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] OPTIONAL, … }: its keyIdentifier. */
export function authorityKeyIdentifier(extensions: Certificate["extensions"]): Uint8Array | undefined {
  const extension = extensions.get(OID.authorityKeyIdentifier);
  return extension === undefined ? undefined : readSequence(extension.value).optional(contextPrimitive(0))?.content;
}
