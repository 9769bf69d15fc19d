import type { KeyObject } from "node:crypto";
import { LatchkeyError } from "../authority/error.js";
import type { Signer } from "../authority/signer.js";
import { createKeyEncryption } from "./encrypted-key.js";
import { readKeyFile, writeKeyFile } from "./file.js";

/** Crockford's base 32: no I, L, O and U, which are misread or make words. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BITS_PER_CHARACTER = 5;
const GROUP_CHARACTERS = 4;
const GROUPS = 7;
/** 28 characters of 5 bits are 140 bits. */
export const RECOVERY_RANDOM_OCTETS = 18;

/** Makes a recovery passphrase of 140 random bits: seven groups of four, joined by hyphens. `random`: 18 octets of a CSPRNG. */
export function recoveryPassphraseFrom(random: Uint8Array): string {
  if (random.length !== RECOVERY_RANDOM_OCTETS)
    throw new RangeError(`a recovery passphrase is made of ${RECOVERY_RANDOM_OCTETS} random octets`);
  let bits = BigInt(`0x${Buffer.from(random).toString("hex")}`);
  const groups = Array.from({ length: GROUPS }, () => {
    let group = "";
    for (let index = 0; index < GROUP_CHARACTERS; index++) {
      group += ALPHABET[Number(bits & 31n)];
      bits >>= BigInt(BITS_PER_CHARACTER);
    }
    return group;
  });
  return groups.join("-");
}

/** Forgives what paper and fingers do: small letters, spaces, other hyphens, O for 0, I and L for 1. */
export function normalizeRecoveryPassphrase(typed: string): string {
  const characters = typed
    .toUpperCase()
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1")
    .replace(/[^0-9A-Z]/g, "");
  return (characters.match(new RegExp(`.{1,${GROUP_CHARACTERS}}`, "g")) ?? []).join("-");
}

/**
 * Seals the root key of `servers`: an encrypted PKCS#8 file like the others, that `openssl pkey` opens as well. At no greater cost: nobody guesses
 * 140 bits.
 */
export async function sealRootKey(path: string, privateKey: KeyObject, recoveryPassphrase: string): Promise<void> {
  await writeKeyFile(path, privateKey, createKeyEncryption(recoveryPassphrase));
}

/** Opens it. Throws RECOVERY_PASSPHRASE_WRONG, and STORE_CORRUPT when the file is missing or broken. */
export async function unsealRootKey(path: string, typed: string): Promise<Signer> {
  try {
    // Without the key itself: it is to sign one certificate and be forgotten.
    const { privateKey: _privateKey, ...signer } = await readKeyFile(path, createKeyEncryption(normalizeRecoveryPassphrase(typed)));
    return signer;
  } catch (error) {
    if (!(error instanceof LatchkeyError) || error.code !== "PASSPHRASE_WRONG") throw error;
    throw new LatchkeyError(
      "RECOVERY_PASSPHRASE_WRONG",
      "This is not the recovery passphrase that was shown at the first run. Look at the paper again: it has seven groups of four characters.",
    );
  }
}
