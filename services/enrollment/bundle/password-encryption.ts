import type { Cryptography } from "./cryptography.js";
import { integer, nullValue, objectIdentifier, octetString, sequence } from "./der.js";
import { derivePkcs12Key, KeyPurpose } from "./pkcs12-key-derivation.js";

/** What an encryption under a passphrase leaves: how to undo it, and the ciphertext. */
export interface PasswordEncrypted {
  /** AlgorithmIdentifier, with salt and iterations. */
  readonly algorithm: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export type PasswordEncryption = (plaintext: Uint8Array, passphrase: string, cryptography: Cryptography) => Promise<PasswordEncrypted>;

const OID = {
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  hmacWithSHA256: "1.2.840.113549.2.9",
  aes256Cbc: "2.16.840.1.101.3.4.1.42",
  pbeWithSHA1And3KeyTripleDesCbc: "1.2.840.113549.1.12.1.3",
} as const;

const SALT_OCTETS = 16;

/** PBES2 (RFC 8018 §6.2): PBKDF2 with HMAC-SHA-256, AES-256-CBC. */
export function pbes2(iterations: number): PasswordEncryption {
  return async (plaintext, passphrase, cryptography) => {
    const salt = cryptography.randomBytes(SALT_OCTETS);
    const iv = cryptography.randomBytes(16);
    const key = await cryptography.pbkdf2(passphrase, salt, iterations, 32);
    const prf = sequence(objectIdentifier(OID.hmacWithSHA256), nullValue());
    // PBKDF2-params ::= SEQUENCE { salt OCTET STRING, iterationCount INTEGER, keyLength INTEGER OPTIONAL, prf AlgorithmIdentifier }
    const derivation = sequence(objectIdentifier(OID.pbkdf2), sequence(octetString(salt), integer(iterations), prf));
    const cipher = sequence(objectIdentifier(OID.aes256Cbc), octetString(iv));
    const algorithm = sequence(objectIdentifier(OID.pbes2), sequence(derivation, cipher));
    return { algorithm, ciphertext: await cryptography.encrypt("aes-256-cbc", key, iv, plaintext) };
  };
}

/** pbeWithSHA1And3-KeyTripleDES-CBC (RFC 7292 appendix C): the one that every phone opens. */
export function tripleDes(iterations: number): PasswordEncryption {
  return async (plaintext, passphrase, cryptography) => {
    const salt = cryptography.randomBytes(SALT_OCTETS);
    const derivation = { hash: "sha1", passphrase, salt, iterations } as const;
    const [key, iv] = await Promise.all([
      derivePkcs12Key({ ...derivation, purpose: KeyPurpose.encryption, octets: 24 }, cryptography),
      derivePkcs12Key({ ...derivation, purpose: KeyPurpose.initialVector, octets: 8 }, cryptography),
    ]);
    // pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }
    const parameters = sequence(octetString(salt), integer(iterations));
    const algorithm = sequence(objectIdentifier(OID.pbeWithSHA1And3KeyTripleDesCbc), parameters);
    return { algorithm, ciphertext: await cryptography.encrypt("des-ede3-cbc", key, iv, plaintext) };
  };
}
