import { type KeyObject, verify } from "node:crypto";
import { promisify } from "node:util";
import { signatureAlgorithm } from "./algorithm.js";
import type { Authority } from "./authority.js";
import { readSequence } from "./der/reader.js";
import { bitString, sequence } from "./der/writer.js";
import { LatchkeyError } from "./error.js";
import type { Signer } from "./signer.js";
import type { Der } from "./types.js";

/** Off the event loop: libuv's thread pool verifies. */
const verifyInThreadPool = promisify(verify);

/**
 * Signs octets and puts them together with their signature: SEQUENCE { toBeSigned, algorithm, signature }, the shape
 * of certificates and CRLs alike. The signature is verified before anybody sees it: a token's or a bit's fault
 * must not get out (one faulty RSA signature betrays the key). Throws INTERNAL.
 */
export async function signAndAssemble(toBeSigned: Der, authority: Authority): Promise<Der> {
  const { signer } = authority;
  const signature = await signAndVerify(toBeSigned, signer, authority.verificationKey, `\`${authority.id}\``);
  return sequence(toBeSigned, signer.signatureAlgorithm, bitString(signature));
}

/** Signs, and verifies before anybody sees it. Throws INTERNAL. */
export async function signAndVerify(toBeSigned: Der, signer: Signer, verificationKey: KeyObject, whose: string): Promise<Uint8Array> {
  const signature = await signer.sign(toBeSigned);
  if (await isSignedBy(verificationKey, toBeSigned, signer.signatureAlgorithm, signature)) return signature;
  throw new LatchkeyError(
    "INTERNAL",
    `The key of ${whose} made a signature that does not verify; it was thrown away. Check the key's file or token, and this machine's memory.`,
  );
}

/** Is this the key's signature over the octets, by an algorithm that is known here? */
export async function isSignedBy(
  verificationKey: KeyObject,
  octets: Uint8Array,
  algorithmIdentifier: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const algorithm = signatureAlgorithm(readSequence(algorithmIdentifier).oid());
  if (algorithm === undefined) return false;
  const key = { key: verificationKey, dsaEncoding: "der" as const };
  return verifyInThreadPool(algorithm.hash, octets, key, signature).catch(() => false);
}
