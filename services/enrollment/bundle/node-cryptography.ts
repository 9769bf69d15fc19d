import { createCipheriv, createHmac, hash, pbkdf2, randomBytes, scrypt } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import type { Cryptography, HashName } from "./cryptography.js";
import { iterateHash } from "./iterated-hash.js";
import { Sha1Lanes } from "./sha1-lanes.js";

const giveWay = async () => void (await setImmediate());
/** Made when it is first needed. */
let sha1Lanes: { readonly made: Sha1Lanes | undefined } | undefined;

async function iterate(name: HashName, octets: Uint8Array, times: number): Promise<Uint8Array> {
  sha1Lanes ??= { made: Sha1Lanes.create(giveWay) };
  const lanes = name === "sha1" ? sha1Lanes.made : undefined;
  return lanes === undefined ? await iterateHash(name, octets, times, giveWay) : await lanes.run(octets, times);
}
const deriveByPbkdf2 = promisify(pbkdf2);

/** Node's own: derivations run in libuv's thread pool where Node has them there. */
export const NODE_CRYPTOGRAPHY: Cryptography = {
  randomBytes: (octets) => randomBytes(octets),
  digest: (name, message) => hash(name, message, "buffer"),
  hmac: (name, key, message) => createHmac(name, key).update(message).digest(),
  pbkdf2: (passphrase, salt, iterations, octets) => deriveByPbkdf2(passphrase, salt, iterations, octets, "sha256"),
  scrypt: (passphrase, salt, octets) =>
    new Promise((resolve, reject) =>
      scrypt(passphrase, salt, octets, { N: 2 ** 14, r: 8, p: 1 }, (error, key) => (error === null ? resolve(key) : reject(error))),
    ),
  async encrypt(name, key, iv, plaintext) {
    const cipher = createCipheriv(name, key, iv);
    return Buffer.concat([cipher.update(plaintext), cipher.final()]);
  },
  iterate,
};
