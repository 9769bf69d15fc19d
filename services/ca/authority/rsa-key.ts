import { LatchkeyError } from "./error.js";

const MIN_BITS = 2048;
const MAX_BITS = 8192;
const MIN_EXPONENT = 65_537n;
/** Windows and many small TLS stacks hold the exponent in 32 bits. */
const MAX_EXPONENT = 2n ** 32n - 1n;
/** Each round costs microseconds; keys that a broken generator made from neighbouring primes fall in the first (CVE-2022-26320). */
const FERMAT_ROUNDS = 100;

const SMALL_PRIMES = primesBelow(752);
const SMALL_PRIMES_PRODUCT = product(SMALL_PRIMES);

/** The primes by which Infineon's generator can be told (CVE-2017-15361): modulo each, its moduli are powers of 65537. */
const ROCA_PRIMES = primesBelow(168).filter((prime) => prime > 2n);
const ROCA_RESIDUES: ReadonlyMap<bigint, ReadonlySet<bigint>> = new Map(ROCA_PRIMES.map((prime) => [prime, powersOf65537(prime)]));
const ROCA_PRODUCT = product(ROCA_PRIMES);

/**
 * Refuses RSA keys that are too short, too long or known to be weak; returns the modulus' length in bits.
 * Throws KEY_SIZE_NOT_ALLOWED, KEY_EXPONENT_NOT_ALLOWED, KEY_WEAK.
 */
export function checkRsaNumbers(modulusOctets: Uint8Array, exponentOctets: Uint8Array): number {
  const bits = bitLength(modulusOctets);
  // First of all: what follows is arithmetic on these numbers, and its cost grows with them.
  if (bits < MIN_BITS || bits > MAX_BITS) {
    throw new LatchkeyError(
      "KEY_SIZE_NOT_ALLOWED",
      `The RSA key has ${bits} bits; ${MIN_BITS} to ${MAX_BITS} are allowed. Make a new key, better on P-256.`,
    );
  }
  checkExponent(exponentOctets);
  const modulus = toBigInt(modulusOctets);
  if (hasSmallFactor(modulus)) throw weak("its modulus has a small factor");
  if (hasRocaFingerprint(modulus)) throw weak("a chip with the ROCA flaw (CVE-2017-15361) made it");
  if (hasClosePrimes(modulus)) throw weak("its two primes lie so close together that they were found");
  return bits;
}

function checkExponent(octets: Uint8Array): void {
  const exponent = octets.length > 8 ? MAX_EXPONENT + 1n : toBigInt(octets);
  if (exponent % 2n === 1n && exponent >= MIN_EXPONENT && exponent <= MAX_EXPONENT) return;
  throw new LatchkeyError(
    "KEY_EXPONENT_NOT_ALLOWED",
    `The RSA key's public exponent is not allowed: it must be odd, from ${MIN_EXPONENT} to 2^32-1. Make a new key with the exponent ${MIN_EXPONENT}.`,
  );
}

function hasSmallFactor(modulus: bigint): boolean {
  const rest = modulus % SMALL_PRIMES_PRODUCT;
  return SMALL_PRIMES.some((prime) => rest % prime === 0n);
}

function hasRocaFingerprint(modulus: bigint): boolean {
  const rest = modulus % ROCA_PRODUCT;
  return ROCA_PRIMES.every((prime) => ROCA_RESIDUES.get(prime)?.has(rest % prime));
}

/** Fermat: n = a² − b² with a little above √n, when the primes are neighbours. */
function hasClosePrimes(modulus: bigint): boolean {
  let a = squareRoot(modulus);
  if (a * a < modulus) a += 1n;
  let difference = a * a - modulus;
  for (let round = 0; round < FERMAT_ROUNDS; round++) {
    if (isSquare(difference)) return true;
    difference += 2n * a + 1n;
    a += 1n;
  }
  return false;
}

function isSquare(value: bigint): boolean {
  // Squares modulo 64 are 12 residues of 64: a look at six bits spares most square roots.
  if (!SQUARES_MODULO_64.has(BigInt.asUintN(6, value))) return false;
  const root = squareRoot(value);
  return root * root === value;
}

const SQUARES_MODULO_64: ReadonlySet<bigint> = new Set(Array.from({ length: 64 }, (_, root) => (BigInt(root) * BigInt(root)) % 64n));

/** The integer square root, by Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(16).length * 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function primesBelow(limit: number): bigint[] {
  const primes: number[] = [];
  for (let candidate = 2; candidate < limit; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes.map(BigInt);
}

function product(factors: readonly bigint[]): bigint {
  return factors.reduce((result, factor) => result * factor, 1n);
}

function powersOf65537(prime: bigint): Set<bigint> {
  const powers = new Set<bigint>();
  for (let power = 1n; !powers.has(power); power = (power * 65_537n) % prime) powers.add(power);
  return powers;
}

function bitLength(octets: Uint8Array): number {
  return (octets.length - 1) * 8 + (32 - Math.clz32(octets[0] ?? 0));
}

function toBigInt(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).toString("hex")}`);
}

function weak(why: string): LatchkeyError {
  return new LatchkeyError("KEY_WEAK", `The RSA key is weak: ${why}. Make a new key with a current program, better on P-256.`);
}
