import { createHash, type KeyObject, verify } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { signatureAlgorithm } from "./algorithm.js";
import type { Authority } from "./authority.js";
import { readSequence } from "./der/reader.js";
import { TAG } from "./der/tag.js";
import { bitString, elementHeader, sequence } from "./der/writer.js";
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
  throw badSignature(whose);
}

/** Room for the outer header, and for algorithm and signature: RSA's longest here has 1,024 octets. */
const HEADER_ROOM = 8;
const TAIL_ROOM = 4096;

/**
 * The same as signAndAssemble, of what may be megabytes: `parts` are the content of what is signed, copied once, before this returns, and SHA-256 of the whole is
 * taken while the signature is verified. Throws INTERNAL.
 */
export async function signInPlace(
  parts: readonly Uint8Array[],
  { id, signer, verificationKey }: Authority,
): Promise<{ der: Der; sha256: string }> {
  const header = elementHeader(
    TAG.SEQUENCE,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  const size = parts.reduce((sum, part) => sum + part.length, header.length);
  const room = new Uint8Array(Buffer.allocUnsafeSlow(HEADER_ROOM + size + TAIL_ROOM).buffer);
  lay(room, HEADER_ROOM, [header, ...parts]);
  const toBeSigned = room.subarray(HEADER_ROOM, HEADER_ROOM + size) as Der;
  const signature = await signer.sign(toBeSigned);
  const tail = [signer.signatureAlgorithm, bitString(signature)];
  const outer = elementHeader(
    TAG.SEQUENCE,
    tail.reduce((sum, part) => sum + part.length, size),
  );
  const start = HEADER_ROOM - outer.length;
  lay(room, start, [outer]);
  const der = room.subarray(start, lay(room, HEADER_ROOM + size, tail)) as Der;
  const [isGood, digest] = await Promise.all([isSignedBy(verificationKey, toBeSigned, signer.signatureAlgorithm, signature), sha256(der)]);
  if (!isGood) throw badSignature(`\`${id}\``);
  return { der, sha256: digest };
}

/** 2 ms of hashing. */
const SLICE_OCTETS = 4 * 1024 * 1024;

/** Here, slice by slice: to hand megabytes to another thread copies them first, which takes longer than to hash them. */
async function sha256(octets: Uint8Array): Promise<string> {
  const hash = createHash("sha256");
  for (let at = 0; at < octets.length; at += SLICE_OCTETS) {
    if (at > 0) await nextTurn();
    hash.update(octets.subarray(at, at + SLICE_OCTETS));
  }
  return hash.digest("hex");
}

/** Puts the parts there one after another; answers where they end. Throws RangeError where there is no room. */
function lay(room: Uint8Array, offset: number, parts: readonly Uint8Array[]): number {
  let at = offset;
  for (const part of parts) {
    room.set(part, at);
    at += part.length;
  }
  return at;
}

function badSignature(whose: string): LatchkeyError {
  return new LatchkeyError(
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
