import type { Cryptography } from "./cryptography.js";

/** The key that a passphrase makes for one invitation: scrypt, a fraction of a second, so that guessing is slow. */
export async function keyOfPassphrase(passphrase: string, invitationId: string, cryptography: Cryptography): Promise<Uint8Array> {
  return await cryptography.scrypt(passphrase, invitationId, 32);
}

/**
 * The proof that whoever holds this public key knows the passphrase, without telling it: HMAC-SHA-256 over SHA-256 of the key. `proofOf` in
 * the CA's `authority/invitation.ts` computes the same.
 */
export function proofOf(passphraseKey: Uint8Array, subjectPublicKeyInfo: Uint8Array, { hmac, digest }: Cryptography): Uint8Array {
  return hmac("sha256", passphraseKey, digest("sha256", subjectPublicKeyInfo));
}
