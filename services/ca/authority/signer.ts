import type { Der } from "./types.js";

/**
 * An authority's key, wherever it lives. The core sees this and nothing else of a key.
 *
 * `sign` works off the event loop (libuv's thread pool, or the token) and may run many at a time.
 */
export interface Signer {
  /** The AlgorithmIdentifier (RFC 5280 §4.1.1.2) of the signatures that `sign` makes. */
  readonly signatureAlgorithm: Der;
  /** The public key as SubjectPublicKeyInfo. */
  readonly publicKey: Der;
  /** `EC P-256`, `RSA 2048` … */
  readonly keyAlgorithm: string;
  /** Signs the octets as they are (the hash is part of the algorithm). The result is the BIT STRING's content: for ECDSA, DER of ECDSA-Sig-Value. */
  sign(octets: Uint8Array): Promise<Uint8Array>;
}
