import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { scryptAsync } from "@noble/hashes/scrypt.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { CBC, EDE } from "des.js";
import type { CipherName, Cryptography, HashName } from "../bundle/cryptography.js";
import { iterateHash } from "../bundle/iterated-hash.js";

const HASHES = { sha1, sha256 } as const;
const TRIPLE_DES = CBC.instantiate(EDE);

/** A browser's: WebCrypto, and two small libraries for what it lacks (hashes at once, triple DES). */
export const WEB_CRYPTOGRAPHY: Cryptography = {
  randomBytes: (octets) => crypto.getRandomValues(new Uint8Array(octets)),
  digest: (hash: HashName, message) => HASHES[hash](message),
  hmac: (hash: HashName, key, message) => hmac(HASHES[hash], key, message),
  async pbkdf2(passphrase, salt, iterations, octets) {
    const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveBits"]);
    const derivation = { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(salt), iterations };
    return new Uint8Array(await crypto.subtle.deriveBits(derivation, key, octets * 8));
  },
  scrypt: (passphrase, salt, octets) => scryptAsync(passphrase, salt, { N: 2 ** 14, r: 8, p: 1, dkLen: octets }),
  async encrypt(cipher: CipherName, key, iv, plaintext) {
    if (cipher === "des-ede3-cbc") {
      const des = TRIPLE_DES.create({ type: "encrypt", key, iv });
      return Uint8Array.from([...des.update(plaintext), ...des.final()]);
    }
    const aes = await crypto.subtle.importKey("raw", new Uint8Array(key), "AES-CBC", false, ["encrypt"]);
    return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(iv) }, aes, new Uint8Array(plaintext)));
  },
  iterate: (name, octets, times) => iterateHash(name, octets, times, () => new Promise((resolve) => setTimeout(resolve))),
};
