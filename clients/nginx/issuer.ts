import type { X509Certificate } from "node:crypto";
import { DerCursor, TAG } from "./der.js";

/** What a CA's certificate says of it, as DER: what its CRLs name it by. */
export interface Issuer {
  readonly subject: Uint8Array;
  /** Who has issued the certificate; of a root the same as the subject. */
  readonly issuer: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly keyIdentifier: Uint8Array | undefined;
}

/** AuthorityKeyIdentifier (RFC 5280 §4.2.1.1): which key of an issuer, and which certificate of it. */
export interface KeyName {
  readonly keyIdentifier: Uint8Array | undefined;
  readonly issuer: Uint8Array | undefined;
  readonly serialNumber: Uint8Array | undefined;
}

const CONTEXT = { version: 0xa0, extensions: 0xa3, keyIdentifier: 0x80, issuer: 0xa1, serialNumber: 0x82, directoryName: 0xa4 } as const;
const SUBJECT_KEY_IDENTIFIER = "551d0e";

/** Throws DerError. */
export function readIssuer(certificate: X509Certificate): Issuer {
  const tbs = new DerCursor(certificate.raw).inside(TAG.SEQUENCE).inside(TAG.SEQUENCE);
  if (tbs.nextTag === CONTEXT.version) tbs.read(CONTEXT.version);
  const serialNumber = tbs.content(TAG.INTEGER);
  tbs.read(TAG.SEQUENCE); // signature
  const issuer = tbs.whole(TAG.SEQUENCE);
  tbs.read(TAG.SEQUENCE); // validity
  const subject = tbs.whole(TAG.SEQUENCE);
  tbs.read(TAG.SEQUENCE); // subjectPublicKeyInfo
  const extensions = tbs.nextTag === CONTEXT.extensions ? tbs.inside(CONTEXT.extensions).inside(TAG.SEQUENCE) : undefined;
  return { subject, issuer, serialNumber, keyIdentifier: extensions && readKeyIdentifier(extensions) };
}

/** AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0], authorityCertIssuer [1], authorityCertSerialNumber [2] }, all OPTIONAL. Throws DerError. */
export function readKeyName(value: DerCursor): KeyName {
  const from = value.inside(TAG.SEQUENCE);
  value.done();
  const keyIdentifier = from.nextTag === CONTEXT.keyIdentifier ? from.content(CONTEXT.keyIdentifier) : undefined;
  const issuer = from.nextTag === CONTEXT.issuer ? readDirectoryName(from.inside(CONTEXT.issuer)) : undefined;
  const serialNumber = from.nextTag === CONTEXT.serialNumber ? from.content(CONTEXT.serialNumber) : undefined;
  from.done();
  return { keyIdentifier, issuer, serialNumber };
}

/** Does the name fit this CA? By OpenSSL's rule: what both sides say must be the same, or nginx finds no CRL and refuses everybody. */
export function isNamed(issuer: Issuer, name: KeyName): boolean {
  const fits = (said: Uint8Array | undefined, own: Uint8Array | undefined) =>
    said === undefined || own === undefined || Buffer.compare(said, own) === 0;
  return fits(name.keyIdentifier, issuer.keyIdentifier) && fits(name.issuer, issuer.issuer) && fits(name.serialNumber, issuer.serialNumber);
}

function readKeyIdentifier(extensions: DerCursor): Uint8Array | undefined {
  while (!extensions.atEnd) {
    const extension = extensions.inside(TAG.SEQUENCE);
    const id = Buffer.from(extension.content(TAG.OBJECT_IDENTIFIER)).toString("hex");
    if (extension.nextTag === TAG.BOOLEAN) extension.read(TAG.BOOLEAN);
    const value = extension.inside(TAG.OCTET_STRING);
    if (id === SUBJECT_KEY_IDENTIFIER) return value.content(TAG.OCTET_STRING);
  }
  return undefined;
}

/** The first directoryName of the GeneralNames, as OpenSSL takes it. */
function readDirectoryName(names: DerCursor): Uint8Array | undefined {
  while (names.nextTag !== undefined) {
    if (names.nextTag === CONTEXT.directoryName) return names.inside(CONTEXT.directoryName).whole(TAG.SEQUENCE);
    names.read(names.nextTag);
  }
  return undefined;
}
