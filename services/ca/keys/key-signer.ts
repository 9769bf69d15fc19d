import { createPublicKey, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import { encodeSignatureAlgorithm } from "../authority/algorithm.js";
import { LatchkeyError } from "../authority/error.js";
import { OID } from "../authority/object-identifiers.js";
import type { Signer } from "../authority/signer.js";
import type { Der } from "../authority/types.js";

/** Off the event loop: libuv's thread pool signs. */
const signInThreadPool = promisify(sign);

interface Scheme {
  readonly oid: string;
  readonly hash: "sha256" | "sha384";
  readonly keyAlgorithm: string;
}

/** A signer by a private key in this process' memory. Throws KEY_TYPE_NOT_ALLOWED. */
export function createKeySigner(privateKey: KeyObject): Signer {
  const { oid, hash, keyAlgorithm } = schemeOf(privateKey);
  const spki = createPublicKey(privateKey as Parameters<typeof createPublicKey>[0]).export({ format: "der", type: "spki" });
  return {
    signatureAlgorithm: encodeSignatureAlgorithm(oid),
    publicKey: new Uint8Array(spki) as Der,
    keyAlgorithm,
    sign: async (octets) => new Uint8Array(await signInThreadPool(hash, octets, { key: privateKey, dsaEncoding: "der" })),
  };
}

/** The hash matches the key's strength: SHA-384 for P-384, SHA-256 for the others. */
function schemeOf(key: KeyObject): Scheme {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ec" && namedCurve === "prime256v1")
    return { oid: OID.ecdsaWithSha256, hash: "sha256", keyAlgorithm: "EC P-256" };
  if (key.asymmetricKeyType === "ec" && namedCurve === "secp384r1")
    return { oid: OID.ecdsaWithSha384, hash: "sha384", keyAlgorithm: "EC P-384" };
  if (key.asymmetricKeyType === "rsa") return { oid: OID.sha256WithRsa, hash: "sha256", keyAlgorithm: `RSA ${modulusLength}` };
  throw new LatchkeyError("KEY_TYPE_NOT_ALLOWED", "An authority's key is EC on P-256 or P-384, or RSA; this one is another.");
}
