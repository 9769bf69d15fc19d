import { DerError } from "./error.js";

const CONTINUES = 0x80;
const ARC_BITS = 7n;
/** The longest OIDs in use are UUIDs (2.25.…): 19 octets an arc. */
const MAX_CONTENT_OCTETS = 64;
/** 28 bits. */
const MAX_SMALL_ARC_OCTETS = 4;

/** The content octets of an OBJECT IDENTIFIER (X.690 §8.19): the first two arcs share a number, the rest follow in base 128. */
export function encodeOid(dotted: string): Uint8Array {
  const arcs = dotted.split(".").map(BigInt);
  const [first = 0n, second = 0n, ...rest] = arcs;
  return Uint8Array.from([first * 40n + second, ...rest].flatMap(encodeArc));
}

function encodeArc(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> ARC_BITS; rest > 0n; rest >>= ARC_BITS) octets.unshift(CONTINUES | Number(rest & 0x7fn));
  return octets;
}

/** The dotted form. 2.40 and above are right (2.999.3 is 88 37 03): only the arcs 0 and 1 have at most 40 children. */
export function decodeOid(content: Uint8Array): string {
  if (content.length === 0) throw new DerError("an empty object identifier");
  if (content.length > MAX_CONTENT_OCTETS) throw new DerError("an object identifier that is too long");
  const arcs: (number | bigint)[] = [];
  let start = 0;
  for (let at = 0; at < content.length; at++) {
    if (at === start && content[at] === CONTINUES) throw new DerError("an object identifier's arc with a leading zero");
    if ((content[at] ?? 0) >= CONTINUES) continue;
    arcs.push(...(start === 0 ? firstTwo(decodeArc(content, 0, at + 1)) : [decodeArc(content, start, at + 1)]));
    start = at + 1;
  }
  if (start < content.length) throw new DerError("an object identifier's arc that does not end");
  return arcs.join(".");
}

function firstTwo(shared: number | bigint): (number | bigint)[] {
  if (typeof shared === "bigint") return [2, shared - 80n];
  const first = Math.min(Math.trunc(shared / 40), 2);
  return [first, shared - first * 40];
}

/** A BigInt only for the long ones: every octet of one is a new object, and every certificate has a dozen of these. */
function decodeArc(content: Uint8Array, start: number, end: number): number | bigint {
  if (end - start > MAX_SMALL_ARC_OCTETS) {
    let arc = 0n;
    for (let at = start; at < end; at++) arc = (arc << ARC_BITS) | BigInt((content[at] ?? 0) & 0x7f);
    return arc;
  }
  let arc = 0;
  for (let at = start; at < end; at++) arc = arc * 128 + ((content[at] ?? 0) & 0x7f);
  return arc;
}
