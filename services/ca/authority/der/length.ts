import { DerError } from "./error.js";

/** Lengths up to 127 stand in one octet (X.690 §8.1.3.4); longer ones announce how many octets follow. */
const LONG_FORM = 0x80;
/** Four length octets say up to 4 GiB: more than any element here, and safe in a double. */
const MAX_LENGTH_OCTETS = 4;

/** How many octets an element with this much content takes. */
export function elementSize(contentLength: number): number {
  return 1 + lengthSize(contentLength) + contentLength;
}

export function lengthSize(length: number): number {
  if (length < LONG_FORM) return 1;
  if (length < 0x100) return 2;
  if (length < 0x1_0000) return 3;
  return length < 0x100_0000 ? 4 : 5;
}

/** Writes the length at `offset`; returns the offset behind it. */
export function writeLength(into: Uint8Array, offset: number, length: number): number {
  const size = lengthSize(length);
  if (size === 1) {
    into[offset] = length;
    return offset + 1;
  }
  into[offset] = LONG_FORM | (size - 1);
  for (let index = size - 1, rest = length; index > 0; index--, rest = Math.floor(rest / 0x100)) into[offset + index] = rest & 0xff;
  return offset + size;
}

/**
 * Reads a definite length in its shortest form (X.690 §10.1). Arithmetic is on doubles, not on 32-bit integers:
 * a length of 2³²+5 is refused, never read as 5.
 */
export function readLength(from: Uint8Array, offset: number): { length: number; end: number } {
  const first = octetAt(from, offset);
  if (first < LONG_FORM) return { length: first, end: offset + 1 };
  const count = first - LONG_FORM;
  if (count === 0) throw new DerError("indefinite length, which DER forbids");
  if (count > MAX_LENGTH_OCTETS) throw new DerError("a length of more than 32 bits");
  let length = 0;
  for (let index = 1; index <= count; index++) length = length * 0x100 + octetAt(from, offset + index);
  if (lengthSize(length) !== count + 1) throw new DerError("a length that is not in its shortest form");
  return { length, end: offset + 1 + count };
}

function octetAt(from: Uint8Array, offset: number): number {
  const octet = from[offset];
  if (octet === undefined) throw new DerError("it ends in the middle of an element");
  return octet;
}
