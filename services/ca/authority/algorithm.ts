import { nullValue, objectIdentifier, sequence } from "./der/writer.js";
import { OID } from "./object-identifiers.js";
import type { Der } from "./types.js";

/** A signature algorithm (RFC 5280 §4.1.1.2) as its OID says it. */
export interface SignatureAlgorithm {
  /** The key that it takes. */
  readonly key: "EC" | "RSA" | "Ed25519";
  /** What node:crypto calls the hash; none for Ed25519, which hashes by itself. */
  readonly hash: "sha256" | "sha384" | "sha512" | undefined;
}

/** Those that Latchkey makes and accepts. No SHA-1, no MD5; RSASSA-PSS isn't read by half of the devices in a house. */
const SIGNATURE_ALGORITHMS: ReadonlyMap<string, SignatureAlgorithm> = new Map<string, SignatureAlgorithm>([
  [OID.ecdsaWithSha256, { key: "EC", hash: "sha256" }],
  [OID.ecdsaWithSha384, { key: "EC", hash: "sha384" }],
  [OID.ecdsaWithSha512, { key: "EC", hash: "sha512" }],
  [OID.sha256WithRsa, { key: "RSA", hash: "sha256" }],
  [OID.sha384WithRsa, { key: "RSA", hash: "sha384" }],
  [OID.sha512WithRsa, { key: "RSA", hash: "sha512" }],
  [OID.ed25519, { key: "Ed25519", hash: undefined }],
]);

export function signatureAlgorithm(oid: string): SignatureAlgorithm | undefined {
  return SIGNATURE_ALGORITHMS.get(oid);
}

/** AlgorithmIdentifier: with NULL for RSA (RFC 4055 §5), without parameters for ECDSA and Ed25519 (RFC 5758 §3.2, RFC 8410 §3). */
export function encodeSignatureAlgorithm(oid: string): Der {
  return SIGNATURE_ALGORITHMS.get(oid)?.key === "RSA" ? sequence(objectIdentifier(oid), nullValue()) : sequence(objectIdentifier(oid));
}
