import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { DerError, refuseMalformed } from "./der/error.js";
import { type DerReader, readSequence } from "./der/reader.js";
import { TAG } from "./der/tag.js";
import { LatchkeyError } from "./error.js";
import { OID } from "./object-identifiers.js";
import { checkRsaNumbers } from "./rsa-key.js";
import type { Der } from "./types.js";
import { CURVES, type Curve, isOnCurve } from "./weierstrass-curve.js";

/** A public key that may be certified: read, checked, and ready to verify with. */
export interface PublicKey {
  readonly spki: Der;
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly hash: string;
  /** `EC P-256`, `RSA 2048`, `Ed25519` … */
  readonly algorithm: string;
  readonly type: "EC" | "RSA" | "Ed25519";
  /** Made when asked for: the import costs more than all the rest. */
  toKeyObject(): KeyObject;
}

const UNCOMPRESSED_POINT = 0x04;
const ED25519_OCTETS = 32;
const ALLOWED = "Use an EC key on P-256 or P-384, an RSA key of 2048 to 8192 bits, or Ed25519";

/**
 * Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) and refuses what must not be certified.
 *
 * Throws KEY_TYPE_NOT_ALLOWED (type, curve, or form of the point), KEY_SIZE_NOT_ALLOWED, KEY_EXPONENT_NOT_ALLOWED and
 * KEY_WEAK (ROCA, close primes, small factors, a point that is not on its curve, octets that are no key).
 * Keys of Debian's 2008 generator can't be told without the lists of them (openssl-blacklist, which Debian 12 has no more),
 * and those aren't here.
 */
export function readPublicKey(spki: Der): PublicKey {
  const { type, algorithm, jwk } = refuseMalformed("KEY_WEAK", "The public key is malformed", () => checkKey(spki));
  return {
    spki,
    hash: createHash("sha256").update(spki).digest("hex"),
    algorithm,
    type,
    toKeyObject: () => importKey(jwk),
  };
}

interface CheckedKey extends Pick<PublicKey, "type" | "algorithm"> {
  /** Its numbers: OpenSSL imports them up to 20 times as fast as the SubjectPublicKeyInfo. */
  readonly jwk: JsonWebKey;
}

/** SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING } */
function checkKey(spki: Der): CheckedKey {
  const info = readSequence(spki);
  const algorithm = info.inside(TAG.SEQUENCE);
  const key = info.octetsOfBitString();
  info.end();
  const oid = algorithm.oid();
  switch (oid) {
    case OID.ecPublicKey:
      return checkEcKey(algorithm, key);
    case OID.rsaEncryption:
      return checkRsaKey(algorithm, key);
    case OID.ed25519:
      algorithm.end();
      if (key.length !== ED25519_OCTETS) throw new DerError("an Ed25519 key that is not 32 octets long");
      return { type: "Ed25519", algorithm: "Ed25519", jwk: { kty: "OKP", crv: "Ed25519", x: base64Url(key) } };
    default:
      throw new LatchkeyError("KEY_TYPE_NOT_ALLOWED", `Keys of the type ${oid} are not certified. ${ALLOWED}.`);
  }
}

/** Named curves alone (RFC 5480 §2.1.1): a curve spelled out in parameters may be anybody's own (CVE-2020-0601). */
function checkEcKey(algorithm: DerReader, point: Uint8Array): CheckedKey {
  if (algorithm.nextTag !== TAG.OBJECT_IDENTIFIER)
    throw new LatchkeyError("KEY_TYPE_NOT_ALLOWED", `The key's curve is not a named one. ${ALLOWED}.`);
  const oid = algorithm.oid();
  algorithm.end();
  const curve: Curve | undefined = CURVES.get(oid);
  if (curve === undefined) throw new LatchkeyError("KEY_TYPE_NOT_ALLOWED", `Keys on the curve ${oid} are not certified. ${ALLOWED}.`);
  if (point[0] !== UNCOMPRESSED_POINT)
    throw new LatchkeyError(
      "KEY_TYPE_NOT_ALLOWED",
      "The key's point is compressed, which many verifiers can't read. Send it uncompressed.",
    );
  if (point.length !== 1 + 2 * curve.octets) throw new DerError("a point of the wrong length");
  const [x, y] = [point.subarray(1, 1 + curve.octets), point.subarray(1 + curve.octets)];
  if (!isOnCurve(curve, x, y)) {
    throw new LatchkeyError("KEY_WEAK", `The key is not a point on ${curve.name}: no private key belongs to it. Make a new key.`);
  }
  return { type: "EC", algorithm: `EC ${curve.name}`, jwk: { kty: "EC", crv: curve.name, x: base64Url(x), y: base64Url(y) } };
}

/** RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 §A.1.1) */
function checkRsaKey(algorithm: DerReader, octets: Uint8Array): CheckedKey {
  if (algorithm.element(TAG.NULL).content.length > 0) throw new DerError("a NULL that is not empty");
  algorithm.end();
  const key = readSequence(octets);
  const modulus = key.unsignedInteger();
  const exponent = key.unsignedInteger();
  key.end();
  const bits = checkRsaNumbers(modulus, exponent);
  return { type: "RSA", algorithm: `RSA ${bits}`, jwk: { kty: "RSA", n: base64Url(modulus), e: base64Url(exponent) } };
}

function importKey(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch (cause) {
    throw new LatchkeyError("KEY_WEAK", "The public key can't be used: OpenSSL refuses it. Make a new key.", { cause });
  }
}

function base64Url(octets: Uint8Array): string {
  return Buffer.from(octets).toString("base64url");
}
