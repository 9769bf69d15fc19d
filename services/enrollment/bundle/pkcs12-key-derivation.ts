import type { Cryptography, HashName } from "./cryptography.js";
import { concat } from "./octets.js";

/** The diversifier of RFC 7292 appendix B.3. */
export enum KeyPurpose {
  encryption = 1,
  initialVector = 2,
  mac = 3,
}

export interface Pkcs12Derivation {
  readonly hash: HashName;
  readonly passphrase: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly purpose: KeyPurpose;
  /** How many octets are wanted. */
  readonly octets: number;
}

/** v: both hashes work on blocks of 64 octets. */
const BLOCK_OCTETS = 64;

/** Derives octets from a passphrase as PKCS#12 does (RFC 7292 appendix B.2; the numbers are its steps). */
export async function derivePkcs12Key(derivation: Pkcs12Derivation, cryptography: Cryptography): Promise<Uint8Array> {
  const { hash, passphrase, salt, iterations, octets } = derivation;
  const diversifier = new Uint8Array(BLOCK_OCTETS).fill(derivation.purpose); // 1
  const input = concat(repeatToBlocks(salt), repeatToBlocks(bmpPassphrase(passphrase))); // 2 to 4
  const derived: Uint8Array[] = [];
  for (let length = 0; length < octets; ) {
    const first = cryptography.digest(hash, concat(diversifier, input));
    const block = await cryptography.iterate(hash, first, iterations - 1); // 6A
    derived.push(block);
    length += block.length;
    addToEachBlock(input, repeatToBlocks(block)); // 6B, 6C
  }
  return concat(...derived).subarray(0, octets); // 7, 8
}

/** The passphrase as BMPString with its trailing NUL (appendix B.1). */
function bmpPassphrase(passphrase: string): Uint8Array {
  return Uint8Array.from([...passphrase, "\0"].flatMap((character) => [character.charCodeAt(0) >> 8, character.charCodeAt(0) & 0xff]));
}

/** Copies of the octets up to the next multiple of the block length; the last copy may be cut. */
function repeatToBlocks(octets: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(Math.ceil(octets.length / BLOCK_OCTETS) * BLOCK_OCTETS);
  return blocks.map((_, index) => octets[index % octets.length] ?? 0);
}

/** I_j = (I_j + B + 1) mod 2^v for each block of I, big-endian. */
function addToEachBlock(input: Uint8Array, addend: Uint8Array): void {
  for (let start = 0; start < input.length; start += BLOCK_OCTETS) {
    let carry = 1;
    for (let index = BLOCK_OCTETS - 1; index >= 0; index -= 1) {
      const sum = (input[start + index] ?? 0) + (addend[index] ?? 0) + carry;
      input[start + index] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}
