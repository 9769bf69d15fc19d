import type { HashName } from "./cryptography.js";

/** About a millisecond. */
const ITERATIONS_PER_SLICE = 5_000;

/**
 * Hashes a hash again and again, as the derivation of PKCS#12 does tens of thousands of times for one file, giving way to other work now and
 * then. Each time it is one block of the compression function (FIPS 180-4), nine tenths of what a library does for it is to be called: here it is
 * a loop over the state's words, an order of magnitude faster than node:crypto's. Takes 20 octets of SHA-1, or 32 of SHA-256; throws RangeError
 * for others.
 */
export async function iterateHash(name: HashName, first: Uint8Array, times: number, giveWay: () => Promise<void>): Promise<Uint8Array> {
  const words = name === "sha1" ? 5 : 8;
  if (first.length !== words * 4) throw new RangeError(`${first.length} octets are no ${name}`);
  const view = new DataView(first.buffer, first.byteOffset, first.length);
  const block = new Int32Array(name === "sha1" ? 80 : 64);
  for (let word = 0; word < words; word += 1) block[word] = view.getInt32(word * 4);
  // Padding: one bit, and the length in bits. It stands, since only the first words change.
  block[words] = 0x8000_0000 | 0;
  block[15] = first.length * 8;
  const compress = name === "sha1" ? sha1Block : sha256Block;
  for (let done = 0; done < times; done += 1) {
    if (done > 0 && done % ITERATIONS_PER_SLICE === 0) await giveWay();
    compress(block);
  }
  const octets = new Uint8Array(first.length);
  const out = new DataView(octets.buffer);
  for (let word = 0; word < words; word += 1) out.setInt32(word * 4, block[word] ?? 0);
  return octets;
}

/** FIPS 180-4 §6.1.2, with the first value of §5.3.1. Puts the hash in place of what was hashed. */
function sha1Block(w: Int32Array): void {
  for (let t = 16; t < 80; t += 1) {
    const x = at(w, t - 3) ^ at(w, t - 8) ^ at(w, t - 14) ^ at(w, t - 16);
    w[t] = (x << 1) | (x >>> 31);
  }
  let a = 0x67452301;
  let b = 0xefcdab89 | 0;
  let c = 0x98badcfe | 0;
  let d = 0x10325476;
  let e = 0xc3d2e1f0 | 0;
  // One loop for each function, and every sum cut to 32 bits at once: that is what the compiler turns into machine words.
  for (let t = 0; t < 20; t += 1) {
    const f = (d ^ (b & (c ^ d))) + 0x5a827999;
    const next = ((((a << 5) | (a >>> 27)) + f) | 0) + ((e + at(w, t)) | 0);
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next | 0;
  }
  for (let t = 20; t < 40; t += 1) {
    const f = (b ^ c ^ d) + 0x6ed9eba1;
    const next = ((((a << 5) | (a >>> 27)) + f) | 0) + ((e + at(w, t)) | 0);
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next | 0;
  }
  for (let t = 40; t < 60; t += 1) {
    const f = ((b & c) | (d & (b | c))) + (0x8f1bbcdc | 0);
    const next = ((((a << 5) | (a >>> 27)) + f) | 0) + ((e + at(w, t)) | 0);
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next | 0;
  }
  for (let t = 60; t < 80; t += 1) {
    const f = (b ^ c ^ d) + (0xca62c1d6 | 0);
    const next = ((((a << 5) | (a >>> 27)) + f) | 0) + ((e + at(w, t)) | 0);
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next | 0;
  }
  w[0] = (a + 0x67452301) | 0;
  w[1] = (b + 0xefcdab89) | 0;
  w[2] = (c + 0x98badcfe) | 0;
  w[3] = (d + 0x10325476) | 0;
  w[4] = (e + 0xc3d2e1f0) | 0;
}

/** FIPS 180-4 §4.2.2 and §5.3.3: the fractions of the first primes' cube roots and square roots. */
const K256 = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
const H256 = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));

/** FIPS 180-4 §6.2.2. Puts the hash in place of what was hashed. */
function sha256Block(w: Int32Array): void {
  for (let t = 16; t < 64; t += 1) {
    const x = at(w, t - 15);
    const y = at(w, t - 2);
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = (at(w, t - 16) + s0 + at(w, t - 7) + s1) | 0;
  }
  let a = at(H256, 0);
  let b = at(H256, 1);
  let c = at(H256, 2);
  let d = at(H256, 3);
  let e = at(H256, 4);
  let f = at(H256, 5);
  let g = at(H256, 6);
  let h = at(H256, 7);
  for (let t = 0; t < 64; t += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at(K256, t) + at(w, t)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  w[0] = (a + at(H256, 0)) | 0;
  w[1] = (b + at(H256, 1)) | 0;
  w[2] = (c + at(H256, 2)) | 0;
  w[3] = (d + at(H256, 3)) | 0;
  w[4] = (e + at(H256, 4)) | 0;
  w[5] = (f + at(H256, 5)) | 0;
  w[6] = (g + at(H256, 6)) | 0;
  w[7] = (h + at(H256, 7)) | 0;
}

/** Always within the array: what the compiler can't know costs nothing here. */
function at(words: Int32Array, index: number): number {
  return words[index] as number;
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate += 1) if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  return found;
}

/** The first 32 bits of what stands behind the point. */
function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
}
