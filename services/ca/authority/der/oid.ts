import { DerError } from "./error.js";

const CONTINUES = 0x80;
const ARC_BITS = 7n;
/** The longest OIDs in use are UUIDs (2.25.…): 19 octets an arc. */
const MAX_CONTENT_OCTETS = 64;

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
  const numbers: bigint[] = [];
  let arc = 0n;
  let open = false;
  for (const octet of content) {
    if (!open && octet === CONTINUES) throw new DerError("an object identifier's arc with a leading zero");
    arc = (arc << ARC_BITS) | BigInt(octet & 0x7f);
    open = octet >= CONTINUES;
    if (open) continue;
    numbers.push(arc);
    arc = 0n;
  }
  if (open) throw new DerError("an object identifier's arc that does not end");
  const [shared = 0n, ...rest] = numbers;
  const first = shared < 80n ? shared / 40n : 2n;
  return [first, shared - first * 40n, ...rest].join(".");
}
