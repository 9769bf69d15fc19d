import { OID } from "./object-identifiers.js";

/** A curve y² = x³ − 3x + b over the field of `prime` (SEC 2, FIPS 186-5). */
export interface Curve {
  readonly name: string;
  /** Of a coordinate. */
  readonly octets: number;
  readonly prime: bigint;
  readonly b: bigint;
}

export const CURVES: ReadonlyMap<string, Curve> = new Map<string, Curve>([
  [
    OID.p256,
    {
      name: "P-256",
      octets: 32,
      prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
      b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    },
  ],
  [
    OID.p384,
    {
      name: "P-384",
      octets: 48,
      prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
      b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    },
  ],
]);

/** Do these coordinates lie on the curve, both below the prime? (SP 800-56A §5.6.2.3.3; the cofactor is 1, so that is all of it.) */
export function isOnCurve(curve: Curve, xOctets: Uint8Array, yOctets: Uint8Array): boolean {
  const x = toBigInt(xOctets);
  const y = toBigInt(yOctets);
  if (x >= curve.prime || y >= curve.prime) return false;
  return (y * y - (x * x * x - 3n * x + curve.b)) % curve.prime === 0n;
}

function toBigInt(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).toString("hex")}`);
}
