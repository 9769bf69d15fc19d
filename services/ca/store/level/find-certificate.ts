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
  const [authority, serialNumber] = JSON.parse(readText(name)) as [CertificateKey["authority"], SerialNumber];
  return findCertificate(reads, { authority, serialNumber });
}

/** Of such a name as text: `["devices","4f…"]`, in which nothing is ever escaped. */
export function serialNumberIn(name: string): SerialNumber {
  return name.slice(name.lastIndexOf('"', name.length - 3) + 1, -2) as SerialNumber;
}
