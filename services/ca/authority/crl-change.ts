import { DerReader } from "./der/reader.js";
import { contextConstructed, TAG } from "./der/tag.js";
import type { Der } from "./types.js";

/** Octets within a CRL, or within its entries. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** Octets that are new, or a range of what was there before. */
export type CrlPiece = Uint8Array | Range;

/** The same without what is empty, and ranges that follow one another as one. */
export function joinPieces(pieces: readonly CrlPiece[]): CrlPiece[] {
  const joined: CrlPiece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (piece.length === 0) continue;
    if (last === undefined || isOctets(last) || isOctets(piece) || last.offset + last.length !== piece.offset) joined.push(piece);
    else joined[joined.length - 1] = { offset: last.offset, length: last.length + piece.length };
  }
  return joined;
}

/** What makes a CRL of the one before it: `entries` does so with their entries. What is new is copied: it does not hold on to the CRL. */
export function changeOfCrl(before: Der, now: Der, entries: readonly CrlPiece[]): CrlPiece[] {
  const from = locateEntries(before).offset;
  const { offset, length } = locateEntries(now);
  const moved = entries.map((piece) => (isOctets(piece) ? piece : { offset: from + piece.offset, length: piece.length }));
  return joinPieces([now.slice(0, offset), ...moved, now.slice(offset + length)]);
}

/** The CRL that the change makes of the one before it. */
export function applyChange(before: Uint8Array, change: readonly CrlPiece[]): Der {
  const octets = change.map((piece) => (isOctets(piece) ? piece : before.subarray(piece.offset, piece.offset + piece.length)));
  return Buffer.concat(octets) as Uint8Array as Der;
}

/** Two changes, one after the other, as one. */
export function composeChanges(first: readonly CrlPiece[], second: readonly CrlPiece[]): CrlPiece[] {
  return joinPieces(second.flatMap((piece) => (isOctets(piece) ? [piece] : cut(first, piece))));
}

/** The pieces that make this range of what the change makes. */
function cut(change: readonly CrlPiece[], { offset, length }: Range): CrlPiece[] {
  const cuts: CrlPiece[] = [];
  let at = 0;
  for (const piece of change) {
    const start = Math.max(offset - at, 0);
    const end = Math.min(offset + length - at, piece.length);
    if (start < end) cuts.push(isOctets(piece) ? piece.subarray(start, end) : { offset: piece.offset + start, length: end - start });
    at += piece.length;
  }
  return cuts;
}

export function isOctets(piece: CrlPiece): piece is Uint8Array {
  return piece instanceof Uint8Array;
}

/** Where the content of `revokedCertificates` lies in a CRL (RFC 5280 §5.1.2): nothing, before the extensions, where there is none. Throws DerError. */
export function locateEntries(crl: Der): Range {
  const tbs = new DerReader(crl).inside().inside();
  for (const tag of [TAG.INTEGER, TAG.SEQUENCE, TAG.SEQUENCE]) tbs.element(tag);
  tbs.time();
  tbs.time();
  const { content } = tbs.nextTag === contextConstructed(0) ? { content: tbs.any().whole.subarray(0, 0) } : tbs.element(TAG.SEQUENCE);
  return { offset: content.byteOffset - crl.byteOffset, length: content.length };
}
