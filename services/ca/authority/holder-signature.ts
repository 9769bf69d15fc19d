import { verify, X509Certificate } from "node:crypto";
import { promisify } from "node:util";
import type { Der, SerialNumber } from "./types.js";

/** Off the event loop: libuv's thread pool verifies. */
const verifyInThreadPool = promisify(verify);

/** What the holder of a certificate wishes. */
export interface HolderWish {
  /** Of the certificate that it has. */
  readonly serialNumber: SerialNumber;
  /** Revoke that one at once, or let it end by itself. */
  readonly revokeOld: boolean;
  /** The new SubjectPublicKeyInfo. */
  readonly publicKey: Der;
}

/**
 * What the holder signs to have a new key certified in the old one's place: the octets of `latchkey renewal v1`, NUL, the serial number of the
 * old certificate in lower-case hex, NUL, `revoke` or `keep` (what is to become of it), NUL, and the new SubjectPublicKeyInfo in DER. Nothing
 * else that the old key signs (a TLS handshake, a message) begins like it.
 */
export function renewalMessage({ serialNumber, revokeOld, publicKey }: HolderWish): Uint8Array {
  return Buffer.concat([Buffer.from(`latchkey renewal v1\0${serialNumber}\0${revokeOld ? "revoke" : "keep"}\0`, "ascii"), publicKey]);
}

/**
 * Has the holder of the certificate signed for the new key? ECDSA (in DER) and RSA (PKCS#1 v1.5) with SHA-256, or Ed25519: what
 * `openssl pkeyutl -sign -rawin` makes.
 */
export async function isSignedByHolder(certificate: Der, wish: HolderWish, signature: Uint8Array): Promise<boolean> {
  // Of a certificate that came back with a CRL, the CA knows no more than its number.
  if (certificate.length === 0) return false;
  const key = new X509Certificate(certificate).publicKey;
  const hash = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  return await verifyInThreadPool(hash, renewalMessage(wish), key, signature);
}
