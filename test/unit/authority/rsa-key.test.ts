import assert from "node:assert/strict";
import { generateKeyPairSync, generatePrimeSync, type JsonWebKey } from "node:crypto";
import test from "node:test";
import { checkRsaNumbers } from "../../../services/ca/authority/rsa-key.js";

const E = Buffer.from([1, 0, 1]);
const toOctets = (value: bigint) =>
  Buffer.from(value.toString(16).padStart(value.toString(16).length + (value.toString(16).length % 2), "0"), "hex");

function modulusOf(bits: number): Buffer {
  const jwk: JsonWebKey = generateKeyPairSync("rsa", { modulusLength: bits }).publicKey.export({ format: "jwk" });
  return Buffer.from(jwk.n ?? "", "base64url");
}
const GOOD = modulusOf(2048);

test("a key of a sound generator is taken, with its length", () => {
  assert.equal(checkRsaNumbers(GOOD, E), 2048);
  assert.equal(checkRsaNumbers(modulusOf(3072), E), 3072);
});

test("fewer than 2048 and more than 8192 bits are refused", () => {
  assert.throws(() => checkRsaNumbers(modulusOf(2040), E), { code: "KEY_SIZE_NOT_ALLOWED" });
  assert.throws(() => checkRsaNumbers(Buffer.concat([Buffer.of(1), Buffer.alloc(1024, 0xff)]), E), { code: "KEY_SIZE_NOT_ALLOWED" });
  assert.throws(() => checkRsaNumbers(Buffer.alloc(60_000, 0xff), E), { code: "KEY_SIZE_NOT_ALLOWED" });
});

const EXPONENTS = { "1": [1], "3": [3], even: [1, 0, 0], "0": [0], "above 32 bits": [1, 0, 0, 0, 1], "as long as the modulus": [...GOOD] };
for (const [title, octets] of Object.entries(EXPONENTS)) {
  test(`an exponent that is ${title} is refused`, () => {
    assert.throws(() => checkRsaNumbers(GOOD, Uint8Array.from(octets)), { code: "KEY_EXPONENT_NOT_ALLOWED" });
  });
}

test("a modulus with a small factor is refused", () => {
  const cofactor = generatePrimeSync(2048 - 9, { bigint: true });
  assert.throws(() => checkRsaNumbers(toOctets(cofactor * 751n), E), { code: "KEY_WEAK", message: /small factor/ });
});

test("a modulus of two neighbouring primes is refused (CVE-2022-26320)", () => {
  const p = generatePrimeSync(1024, { bigint: true });
  let q = p + 2n;
  // Odd is enough: Fermat's method asks for close factors, prime or not.
  while (q % 3n === 0n || q % 5n === 0n || q % 7n === 0n || hasFactorBelow752(q)) q += 2n;
  assert.throws(() => checkRsaNumbers(toOctets(p * q), E), { code: "KEY_WEAK", message: /close together/ });
});

test("a modulus of the ROCA generator is refused (CVE-2017-15361)", () => {
  // p = k·M + (65537^a mod M), M the product of the first primes: as Infineon's library made them.
  const primorial = primesUpTo(353).reduce((product, prime) => product * prime, 1n);
  const p = rocaPrimeLike(primorial, 1_234n);
  const q = rocaPrimeLike(primorial, 98_765n);
  assert.throws(() => checkRsaNumbers(toOctets(p * q), E), { code: "KEY_WEAK", message: /ROCA/ });
});

function rocaPrimeLike(primorial: bigint, exponent: bigint): bigint {
  let power = 1n;
  for (let step = 0n; step < exponent; step++) power = (power * 65_537n) % primorial;
  let candidate = power + primorial * (2n ** 1023n / primorial + 2n ** 1022n / primorial);
  while (hasFactorBelow752(candidate)) candidate += primorial;
  return candidate;
}

function hasFactorBelow752(value: bigint): boolean {
  return primesUpTo(751).some((prime) => value % prime === 0n);
}

function primesUpTo(limit: number): bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 2n; candidate <= BigInt(limit); candidate++)
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  return primes;
}
