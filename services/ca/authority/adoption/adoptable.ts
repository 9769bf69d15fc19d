import { type KeyObject, X509Certificate } from "node:crypto";
import { type Certificate, extendedKeyUsages, parseCertificate } from "../certificate.js";
import { DerError } from "../der/error.js";
import { DerReader } from "../der/reader.js";
import { TAG } from "../der/tag.js";
import { LatchkeyError } from "../error.js";
import { OID } from "../object-identifiers.js";
import { readPublicKey } from "../public-key.js";
import type { Der } from "../types.js";

/** The bits of KeyUsage (RFC 5280 §4.2.1.3) that a CA needs, in its first octet. */
const KEY_CERT_SIGN = 0b0000_0100;
const CRL_SIGN = 0b0000_0010;

/** A CA that can be taken over, with a key that is its own. */
export interface Adoptable {
  readonly certificate: Certificate;
  readonly der: Der;
  readonly x509: X509Certificate;
}

/** Can this CA be taken over? Throws CA_NOT_ADOPTABLE with what stands in the way. */
export function readAdoptable(der: Der, privateKey: KeyObject, at: Date): Adoptable {
  const certificate = parse(der);
  const x509 = new X509Certificate(Buffer.from(der));
  if (!x509.ca) throw refusal("its certificate is not that of a CA (basicConstraints with CA:TRUE)");
  if (!Buffer.from(certificate.issuer).equals(certificate.subject) || !x509.verify(x509.publicKey))
    throw refusal("it is not a root: another CA has signed it. nginx would need that one and its CRL, too. Adopt the root");
  if (new DerReader(certificate.subject).inside(TAG.SEQUENCE).atEnd)
    throw refusal("it has no name, and OpenSSL looks CAs and CRLs up by their names");
  if (!x509.checkPrivateKey(privateKey)) throw refusal("the key is not that of the certificate");
  checkKey(certificate.publicKey);
  checkUsage(certificate);
  if (certificate.notAfter <= at) throw refusal(`it ended on ${day(certificate.notAfter)}, and all that it has issued with it`);
  if (certificate.notBefore > at) throw refusal(`it begins on ${day(certificate.notBefore)} only: look at this host's clock`);
  return { certificate, der, x509 };
}

export function refusal(why: string, cause?: unknown): LatchkeyError {
  return new LatchkeyError("CA_NOT_ADOPTABLE", `This CA can't be taken over: ${why}. Nothing was changed.`, { cause });
}

function parse(der: Der): Certificate {
  try {
    return parseCertificate(der);
  } catch (cause) {
    if (cause instanceof DerError)
      throw refusal(`its certificate is not one that Latchkey reads, X.509 version 3 in DER (${cause.message})`, cause);
    throw cause;
  }
}

function checkKey(publicKey: Der): void {
  let type: string;
  try {
    type = readPublicKey(publicKey).type;
  } catch (cause) {
    if (cause instanceof LatchkeyError) throw refusal(`its key is refused (${cause.code}: ${cause.message.replace(/\.$/, "")})`, cause);
    throw cause;
  }
  if (type === "Ed25519") throw refusal("its key is an Ed25519 one, and Latchkey signs with EC and RSA keys");
}

/** What OpenSSL wants of a CA that verifies clients. Without cRLSign nobody could be revoked: nginx refuses such a CA's CRL, and with it every device. */
function checkUsage({ extensions }: Certificate): void {
  const usage = extensions.get(OID.keyUsage);
  if (usage !== undefined) {
    const bits = keyUsageBits(usage.value);
    if ((bits & CRL_SIGN) === 0)
      throw refusal(
        "its key usage lacks cRLSign, so that it may sign no CRL: nobody could ever be revoked. Run Latchkey's new CA alone, and invite the devices anew",
      );
    if ((bits & KEY_CERT_SIGN) === 0) throw refusal("its key usage lacks keyCertSign: it may sign no certificates");
  }
  if (extensions.has(OID.extendedKeyUsage) && !extendedKeyUsages(extensions).has(OID.clientAuth))
    throw refusal("its extended key usage lacks clientAuth: nginx lets none of its devices in");
}

/** KeyUsage ::= BIT STRING: the first octet. */
function keyUsageBits(value: Uint8Array): number {
  const from = new DerReader(value);
  const { content } = from.element(TAG.BIT_STRING);
  return content[1] ?? 0;
}

/** Lower-case, and with single spaces: as OpenSSL compares names. */
export function comparableSubject(x509: X509Certificate): string {
  return x509.subject
    .toLowerCase()
    .replaceAll(/[^\S\n]+/g, " ")
    .trim();
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}
