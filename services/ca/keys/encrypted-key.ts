import { createCipheriv, createDecipheriv, createPrivateKey, type KeyObject, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { DerError } from "../authority/der/error.js";
import { type DerReader, readSequence } from "../authority/der/reader.js";
import { TAG } from "../authority/der/tag.js";
import { integer, objectIdentifier, octetString, sequence } from "../authority/der/writer.js";
import type { Der } from "../authority/types.js";

/** Off the event loop: libuv's thread pool derives. */
const scryptInThreadPool = promisify<string, Uint8Array, number, ScryptCost & { maxmem: number }, Buffer>(scrypt);

const PBES2 = "1.2.840.113549.1.5.13";
const SCRYPT = "1.3.6.1.4.1.11591.4.11";
const AES_256_CBC = "2.16.840.1.101.3.4.1.42";
const AES_KEY_OCTETS = 32;
const AES_BLOCK_OCTETS = 16;
const SALT_OCTETS = 16;

/** scrypt's cost (RFC 7914 §2). Memory: 128·N·r octets; time: that times p. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/**
 * 16 MiB, about 100 ms. N is no greater because OpenSSL refuses to spend more than 32 MiB on a key file, and
 * whoever has lost Latchkey must still be able to open the key with `openssl pkey`.
 */
const COST: ScryptCost = { N: 2 ** 14, r: 8, p: 3 };
/** What a file may ask of us: a broken one must not take all memory, nor minutes. */
const MAX_MEMORY_OCTETS = 256 * 1024 * 1024;
const MAX_WORK_OCTETS = 4 * 1024 * 1024 * 1024;

/** The passphrase does not open the key. */
export class WrongPassphrase extends Error {
  override readonly name = "WrongPassphrase";
}

/**
 * The key-encrypting keys that a passphrase makes, each made once: the key files of a data folder share their salt
 * (each has an initialization vector of its own), so that a start costs one derivation, however many keys there are.
 */
export interface KeyEncryption {
  readonly cost: ScryptCost;
  /** The salt of new files: that of the first file opened, else a new one. */
  salt(): Uint8Array;
  keyFor(salt: Uint8Array, cost: ScryptCost): Promise<Buffer>;
}

/** `cost`: of new files. */
export function createKeyEncryption(passphrase: string, cost: ScryptCost = COST): KeyEncryption {
  const keys = new Map<string, Promise<Buffer>>();
  let own: Uint8Array | undefined;
  return {
    cost,
    salt: () => {
      own ??= randomBytes(SALT_OCTETS);
      return own;
    },
    keyFor(salt, wanted) {
      const name = [Buffer.from(salt).toString("hex"), wanted.N, wanted.r, wanted.p].join(" ");
      const known = keys.get(name);
      if (known !== undefined) return known;
      if (salt.length === SALT_OCTETS && isSame(wanted, cost)) own ??= Uint8Array.from(salt);
      const key = scryptInThreadPool(passphrase, salt, AES_KEY_OCTETS, { ...wanted, maxmem: 2 * MAX_MEMORY_OCTETS });
      keys.set(name, key);
      // Memory may be there the next time.
      key.catch(() => keys.delete(name));
      return key;
    },
  };
}

function isSame(one: ScryptCost, other: ScryptCost): boolean {
  return one.N === other.N && one.r === other.r && one.p === other.p;
}

/** EncryptedPrivateKeyInfo (RFC 5958 §3) by PBES2 (RFC 8018 §6.2) with scrypt (RFC 7914 §7) and AES-256-CBC. */
export async function encryptKey(privateKey: KeyObject, encryption: KeyEncryption): Promise<Der> {
  const { cost } = encryption;
  const salt = encryption.salt();
  const iv = randomBytes(AES_BLOCK_OCTETS);
  const cipher = createCipheriv("aes-256-cbc", await encryption.keyFor(salt, cost), iv);
  const plain = privateKey.export({ format: "der", type: "pkcs8" });
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  plain.fill(0);
  const keyDerivation = sequence(objectIdentifier(SCRYPT), sequence(octetString(salt), integer(cost.N), integer(cost.r), integer(cost.p)));
  const scheme = sequence(objectIdentifier(AES_256_CBC), octetString(iv));
  return sequence(sequence(objectIdentifier(PBES2), sequence(keyDerivation, scheme)), octetString(encrypted));
}

/** Opens what `encryptKey` (or `openssl pkcs8 -topk8 -scrypt`) has made. Throws DerError, WrongPassphrase. */
export async function decryptKey(der: Uint8Array, encryption: KeyEncryption): Promise<KeyObject> {
  const { salt, cost, iv, encrypted } = readEncryptedKey(der);
  const key = await encryption.keyFor(salt, cost);
  try {
    const decipher = createDecipheriv("aes-256-cbc", key, iv);
    const plain = Buffer.concat([decipher.update(encrypted), decipher.final()]);
    const privateKey = createPrivateKey({ key: plain, format: "der", type: "pkcs8" });
    plain.fill(0);
    return privateKey;
  } catch {
    // A wrong key gives wrong padding or, once in 256 times, octets that are no key. The cause would tell no more.
    throw new WrongPassphrase("the passphrase does not open the key");
  }
}

interface EncryptedKey {
  readonly salt: Uint8Array;
  readonly cost: ScryptCost;
  readonly iv: Uint8Array;
  readonly encrypted: Uint8Array;
}

function readEncryptedKey(der: Uint8Array): EncryptedKey {
  const info = readSequence(der);
  const algorithm = info.inside(TAG.SEQUENCE);
  const encrypted = info.element(TAG.OCTET_STRING).content;
  info.end();
  expect(algorithm, PBES2, "PBES2");
  const parameters = algorithm.inside(TAG.SEQUENCE);
  algorithm.end();
  const keyDerivation = parameters.inside(TAG.SEQUENCE);
  const encryption = parameters.inside(TAG.SEQUENCE);
  parameters.end();
  expect(keyDerivation, SCRYPT, "scrypt");
  const { salt, cost } = readScrypt(keyDerivation.inside(TAG.SEQUENCE));
  keyDerivation.end();
  expect(encryption, AES_256_CBC, "AES-256-CBC");
  const iv = encryption.element(TAG.OCTET_STRING).content;
  encryption.end();
  if (iv.length !== AES_BLOCK_OCTETS) throw new DerError("an initialization vector of the wrong length");
  return { salt, cost, iv, encrypted };
}

/** scrypt-params ::= SEQUENCE { salt, costParameter, blockSize, parallelizationParameter, keyLength OPTIONAL } */
function readScrypt(from: DerReader): { salt: Uint8Array; cost: ScryptCost } {
  const salt = from.element(TAG.OCTET_STRING).content;
  const cost = { N: smallNumber(from), r: smallNumber(from), p: smallNumber(from) };
  if (!from.atEnd && smallNumber(from) !== AES_KEY_OCTETS) throw new DerError("a key length that is not AES-256's");
  from.end();
  const memory = 128 * cost.N * cost.r;
  const isPowerOfTwo = cost.N > 1 && Number.isInteger(Math.log2(cost.N));
  if (!isPowerOfTwo || cost.r < 1 || cost.p < 1 || memory > MAX_MEMORY_OCTETS || memory * cost.p > MAX_WORK_OCTETS) {
    throw new DerError("scrypt's cost is out of bounds");
  }
  return { salt, cost };
}

function smallNumber(from: DerReader): number {
  const magnitude = from.unsignedInteger();
  if (magnitude.length > 4) throw new DerError("a number out of range");
  return magnitude.reduce((value, octet) => value * 0x100 + octet, 0);
}

function expect(from: DerReader, oid: string, name: string): void {
  const found = from.oid();
  if (found !== oid) throw new DerError(`encrypted by ${found}, expected ${name}`);
}
