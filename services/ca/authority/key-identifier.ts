import { createHash } from "node:crypto";
import { readSequence } from "./der/reader.js";
import { TAG } from "./der/tag.js";
import type { Der } from "./types.js";

const KEY_IDENTIFIER_OCTETS = 20;

/** A key's identifier (RFC 7093 §2, method 1): the leftmost 160 bits of SHA-256 over the subjectPublicKey's octets. */
export function keyIdentifierOf(spki: Der): Uint8Array {
  const info = readSequence(spki);
  info.inside(TAG.SEQUENCE);
  const digest = createHash("sha256").update(info.octetsOfBitString()).digest();
  return new Uint8Array(digest.subarray(0, KEY_IDENTIFIER_OCTETS));
}
