import { constants, verify, type X509Certificate } from "node:crypto";
import { type CrlExtensions, checkEntryExtensions, readCrlExtensions } from "./crl-extensions.js";
import { DerCursor, DerError, TAG } from "./der.js";
import { SerialNumbers } from "./serial-numbers.js";

/** A full version 2 CRL (RFC 5280 §5), read by code that shares nothing with the CA's: the hook does not trust it. */
export interface Crl extends CrlExtensions {
  readonly der: Uint8Array;
  /** The issuer's Name, DER. */
  readonly issuer: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly serialNumbers: SerialNumbers;
  readonly signed: Uint8Array;
  /** The signature algorithm's OBJECT IDENTIFIER, content octets in hex. */
  readonly algorithm: string;
  readonly signature: Uint8Array;
}

/** Digests by signature algorithm: ecdsa-with-SHA*, sha*WithRSAEncryption, Ed25519. */
const DIGESTS: Readonly<Record<string, string | null>> = {
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2b6570": null,
};
const MAX_SERIAL_OCTETS = 21;

/** Takes a CRL apart, not verified. Throws DerError for whatever is not a strict, full, numbered version 2 CRL. */
export function readCrl(der: Uint8Array): Crl {
  const outer = new DerCursor(der);
  const list = outer.inside(TAG.SEQUENCE);
  outer.done();
  const signed = list.whole(TAG.SEQUENCE);
  const algorithm = list.whole(TAG.SEQUENCE);
  const signature = list.content(TAG.BIT_STRING);
  list.done();
  if (signature[0] !== 0) throw new DerError("a signature that is not whole octets");

  const from = new DerCursor(signed).inside(TAG.SEQUENCE);
  if (hex(from.content(TAG.INTEGER)) !== "01") throw new DerError("a CRL that is not of version 2");
  if (!equal(from.whole(TAG.SEQUENCE), algorithm)) throw new DerError("two signature algorithms that differ");
  const issuer = from.whole(TAG.SEQUENCE);
  const thisUpdate = from.time();
  const nextUpdate = from.time();
  const hasEntries = from.nextTag === TAG.SEQUENCE;
  const serialNumbers = hasEntries ? readEntries(from.inside(TAG.SEQUENCE)) : new SerialNumbers(signed, 0);
  const wrapper = from.inside(TAG.CONTEXT_0);
  from.done();
  const extensions = readCrlExtensions(wrapper.inside(TAG.SEQUENCE));
  wrapper.done();
  const oid = hex(new DerCursor(algorithm).inside(TAG.SEQUENCE).content(TAG.OBJECT_IDENTIFIER));
  return { der, issuer, ...extensions, thisUpdate, nextUpdate, serialNumbers, signed, algorithm: oid, signature: signature.subarray(1) };
}

/** Did the CA with this certificate sign it? */
export function isSignedBy(crl: Crl, ca: X509Certificate): boolean {
  const digest = Object.hasOwn(DIGESTS, crl.algorithm) ? DIGESTS[crl.algorithm] : undefined;
  const type = ca.publicKey.asymmetricKeyType;
  // An Ed25519 key takes no digest, and OpenSSL throws when it is given one.
  if (digest === undefined || (digest === null) !== (type === "ed25519")) return false;
  const key = { key: ca.publicKey, ...(type === "rsa" ? { padding: constants.RSA_PKCS1_PADDING } : {}) };
  return verify(digest, crl.signed, key, crl.signature);
}

/** revokedCertificates: SEQUENCE OF SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions OPTIONAL } */
function readEntries(entries: DerCursor): SerialNumbers {
  const from = entries.offset;
  let count = 0;
  const starts: number[] = [];
  while (!entries.atEnd) {
    const entry = entries.inside(TAG.SEQUENCE);
    const serial = entry.positiveInteger();
    if (serial.length > MAX_SERIAL_OCTETS) throw new DerError("a serial number of more than 20 octets");
    starts.push(entry.start);
    count += 1;
    entry.read(entry.nextTag === TAG.UTC_TIME ? TAG.UTC_TIME : TAG.GENERALIZED_TIME);
    if (!entry.atEnd) checkEntryExtensions(entry.inside(TAG.SEQUENCE));
    entry.done();
  }
  if (from === entries.offset) throw new DerError("an empty list of revocations");
  const serialNumbers = new SerialNumbers(entries.octets, count);
  for (const start of starts) serialNumbers.add(start);
  return serialNumbers;
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("hex");
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
