import { type CrlPiece, isOctets } from "../../authority/crl-change.js";
import type { CrlNumber, CrlRecord } from "../../authority/types.js";
import { frame, unframe } from "./value.js";

/** A CRL without its octets. */
type Head = Omit<CrlRecord, "der">;

interface StoredHead {
  readonly authority: CrlRecord["authority"];
  readonly number: string;
  readonly thisUpdate: string;
  readonly nextUpdate: string;
}

interface StoredChange extends StoredHead {
  /** The number of the CRL that lies whole beside it. */
  readonly whole: string;
  /** Ranges of that one; how many of the value's octets follow. */
  readonly pieces: readonly (readonly [offset: number, length: number] | number)[];
}

/** The present CRL as what makes it of one that lies whole beside it. */
export interface CrlChange {
  readonly head: Head;
  readonly whole: CrlNumber;
  readonly pieces: readonly CrlPiece[];
}

export function encodeCrl({ der, ...head }: CrlRecord): Uint8Array {
  return frame({ ...head, number: String(head.number) }, der);
}

export function decodeCrl(value: Uint8Array): CrlRecord {
  const { header, octets } = unframe<StoredHead>(value);
  return { ...headOf(header), der: octets as CrlRecord["der"] };
}

export function encodeCrlChange({ head, whole, pieces }: CrlChange): Uint8Array {
  const header = {
    ...head,
    number: String(head.number),
    whole: String(whole),
    pieces: pieces.map((piece) => (isOctets(piece) ? piece.length : [piece.offset, piece.length])),
  };
  return frame(header, Buffer.concat(pieces.filter(isOctets)));
}

export function decodeCrlChange(value: Uint8Array): CrlChange {
  const { header, octets } = unframe<StoredChange>(value);
  let at = 0;
  const pieces = header.pieces.map((piece): CrlPiece => {
    if (typeof piece !== "number") return { offset: piece[0], length: piece[1] };
    at += piece;
    return octets.subarray(at - piece, at);
  });
  return { head: headOf(header), whole: BigInt(header.whole), pieces };
}

function headOf({ authority, number, thisUpdate, nextUpdate }: StoredHead): Head {
  return { authority, number: BigInt(number), thisUpdate: new Date(thisUpdate), nextUpdate: new Date(nextUpdate) };
}
