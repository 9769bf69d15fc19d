import type { Cryptography } from "./cryptography.js";
import { octetString, sequence } from "./der.js";
import { fromBase64, toBase64 } from "./octets.js";
import { pbes2 } from "./password-encryption.js";

const ITERATIONS = 100_000;
const LINE_OCTETS = 48;

/**
 * The private key as encrypted PKCS#8 (RFC 5958 §3; PBES2, AES-256-CBC), then the certificates: one file of PEM blocks (RFC 7468),
 * as OpenSSL, curl and most daemons take it.
 */
export async function packPem(
  privateKey: Uint8Array,
  certificates: readonly Uint8Array[],
  passphrase: string,
  cryptography: Cryptography,
): Promise<string> {
  const encryptedKey = await encryptedKeyPem(privateKey, passphrase, cryptography);
  return [encryptedKey, ...certificates.map((certificate) => encodePem("CERTIFICATE", certificate))].join("");
}

/** A private key (PKCS#8, DER) as encrypted PKCS#8 in PEM. */
export async function encryptedKeyPem(privateKey: Uint8Array, passphrase: string, cryptography: Cryptography): Promise<string> {
  const { algorithm, ciphertext } = await pbes2(ITERATIONS)(privateKey, passphrase, cryptography);
  return encodePem("ENCRYPTED PRIVATE KEY", sequence(algorithm, octetString(ciphertext)));
}

/** One PEM block (RFC 7468 §3), with its final newline. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines: string[] = [];
  for (let start = 0; start < der.length; start += LINE_OCTETS) {
    lines.push(toBase64(der.subarray(start, start + LINE_OCTETS)));
  }
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** The DER of every certificate in a PEM text, in order. Throws TypeError when there is none. */
export function decodeCertificates(pem: string): Uint8Array[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g);
  const certificates = [...blocks].map(([, base64]) => fromBase64(base64 ?? ""));
  if (certificates.length === 0) throw new TypeError("no certificate in the PEM text");
  return certificates;
}
