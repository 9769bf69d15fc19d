import type { CertificateKey, SerialNumber } from "../../authority/types.js";
import { decodeCertificate, type StoredCertificate } from "./certificate-value.js";
import type { Reads } from "./group-commit.js";
import { key } from "./key.js";
import { json, readText } from "./value.js";

export function findCertificate(reads: Reads, id: CertificateKey): StoredCertificate | undefined {
  const value = reads.get(key.certificate(id));
  return value === undefined ? undefined : decodeCertificate(value);
}

/** What stands in a list for a certificate: whose record to look up. */
export function nameOf({ authority, serialNumber }: CertificateKey): Uint8Array {
  return json([authority, serialNumber]);
}

export function findNamed(reads: Reads, name: Uint8Array): StoredCertificate | undefined {
  const [authority, serialNumber] = readName(name);
  return findCertificate(reads, { authority, serialNumber });
}

export function serialNumberIn(name: Uint8Array): SerialNumber {
  return readName(name)[1];
}

function readName(name: Uint8Array): [CertificateKey["authority"], SerialNumber] {
  return JSON.parse(readText(name)) as [CertificateKey["authority"], SerialNumber];
}
