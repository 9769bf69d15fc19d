import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { scryptAsync } from "@noble/hashes/scrypt.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** As the invitation was made: `proofOf` in the CA's `authority/invitation.ts` computes the same. */
const SCRYPT = { N: 2 ** 14, r: 8, p: 1, dkLen: 32 } as const;

/** The key that a passphrase makes for one invitation: scrypt, a fraction of a second, so that guessing is slow. */
export async function keyOfPassphrase(passphrase: string, invitationId: string): Promise<Uint8Array> {
  return await scryptAsync(passphrase, invitationId, SCRYPT);
}

/** The proof that whoever holds this public key knows the passphrase, without telling it. */
export function proofOf(passphraseKey: Uint8Array, subjectPublicKeyInfo: Uint8Array): Uint8Array {
  return hmac(sha256, passphraseKey, sha256(subjectPublicKeyInfo));
}

/** For what is kept in this browser until the bundle is safe: a key of its own, made from the same passphrase. */
export function storageKeyOf(passphraseKey: Uint8Array): Uint8Array {
  return hkdf(sha256, passphraseKey, new Uint8Array(), new TextEncoder().encode("latchkey kept device key"), 32);
}
