import { X509Certificate } from "node:crypto";

/** The DER of the first certificate of a PEM text. */
export function firstCertificate(pem: string): Buffer {
  return new X509Certificate(pem).raw;
}
