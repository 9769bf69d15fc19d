export type HashName = "sha1" | "sha256";
export type CipherName = "aes-256-cbc" | "des-ede3-cbc";

/**
 * What bundles need of a cryptographic library. The service and the command line have Node's (`node-cryptography.ts`); a browser has
 * WebCrypto and what it lacks (`services/enrollment/browser/`). All that packs is written once, over this.
 */
export interface Cryptography {
  /** From a CSPRNG. */
  randomBytes(octets: number): Uint8Array;
  /** At once, not as a promise. */
  digest(hash: HashName, message: Uint8Array): Uint8Array;
  hmac(hash: HashName, key: Uint8Array, message: Uint8Array): Uint8Array;
  /** PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2). */
  pbkdf2(passphrase: string, salt: Uint8Array, iterations: number, octets: number): Promise<Uint8Array>;
  /** scrypt (RFC 7914) with N = 2^14, r = 8, p = 1. */
  scrypt(passphrase: string, salt: string, octets: number): Promise<Uint8Array>;
  /** With the padding of PKCS#7 (RFC 5652 §6.3). */
  encrypt(cipher: CipherName, key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>;
  /** Hashes a hash again, so many times, giving way to other work now and then. */
  iterate(hash: HashName, octets: Uint8Array, times: number): Promise<Uint8Array>;
}
