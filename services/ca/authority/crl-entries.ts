import { type CrlPiece, joinPieces, type Range } from "./crl-change.js";
import { encodeCrlEntry, readCrlEntry } from "./crl-entry.js";
import { DerError } from "./der/error.js";
import { DerReader } from "./der/reader.js";
import { TAG } from "./der/tag.js";
import { enumerated, objectIdentifier, octetString, unsignedInteger } from "./der/writer.js";
import { OID } from "./object-identifiers.js";
import { serialNumberOctets, serialNumberOf } from "./serial-number.js";
import { type CertificateRecord, type Der, REVOCATION_REASONS, type SerialNumber } from "./types.js";

/** Some 1,700 entries: small enough to close a gap in microseconds, large enough that a million entries are 600 blocks. */
const BLOCK_OCTETS = 64 * 1024;
const DAY_MILLIS = 86_400_000;

interface Block {
  readonly octets: Uint8Array;
  used: number;
  /** Where its octets lay in the last change that was taken, among all entries' octets; and which of them have gone since, in their order. */
  before: Range;
  gone: Range[];
}

/**
 * The encoded entries of an authority's next CRL, by serial number. Each is encoded once, when its revocation comes.
 * They lie in blocks, so that a change touches one block and a CRL is a concatenation of some hundred pieces, not of
 * a million. In any order: RFC 5280 wants none.
 */
export class CrlEntries {
  readonly #blocks: Block[] = [];
  /** Where each one lies. */
  readonly #placed = new Map<SerialNumber, Block>();
  /** Blocks in which a gap was closed: they are filled before a new one is begun. */
  readonly #roomy = new Set<Block>();
  /** Serial numbers by the day (since 1970) on which their certificates expire. May name some that have left, and some twice. */
  readonly #expiring = new Map<number, SerialNumber[]>();

  get size(): number {
    return this.#placed.size;
  }

  /** Of all entries together. */
  get sizeOctets(): number {
    return this.#blocks.reduce((sum, block) => sum + block.used, 0);
  }

  /** The encoded entry, copied; undefined where there is none. */
  entryOf(serialNumber: SerialNumber): Der | undefined {
    return this.has(serialNumber) ? (this.#octetsOf(serialNumber).slice() as Der) : undefined;
  }

  has(serialNumber: SerialNumber): boolean {
    return this.#placed.has(serialNumber);
  }

  /**
   * The entries of a CRL (the content of its `revokedCertificates`), as they lie there: none is decoded. When their certificates expire is
   * not known: `noteExpiry` says it. `held` are those that say certificateHold. Throws DerError for what is no list of entries.
   */
  static of(octets: Uint8Array): { entries: CrlEntries; held: Set<SerialNumber> } {
    const entries = new CrlEntries();
    const held = new Set<SerialNumber>();
    for (let start = 0; start < octets.length; ) {
      const { serialNumber, end, isHeld } = scan(octets, start);
      if (entries.has(serialNumber)) throw new DerError("two entries of one serial number");
      entries.#put(serialNumber, octets.subarray(start, end));
      if (isHeld) held.add(serialNumber);
      start = end;
    }
    entries.takeChange();
    return { entries, held };
  }

  /** Adds what is held or revoked; an entry of the same serial number is replaced, if it says otherwise. A valid record is passed over. */
  add(record: CertificateRecord): void {
    if (record.status === "valid") return;
    const { serialNumber, revokedAt } = record;
    const entry = encodeCrlEntry({ serialNumber, revokedAt, reason: record.status === "held" ? "certificateHold" : record.reason });
    if (!this.has(serialNumber)) this.noteExpiry(serialNumber, record.notAfter);
    else if (Buffer.compare(this.#octetsOf(serialNumber), entry) === 0) return;
    this.remove(serialNumber);
    this.#put(serialNumber, entry);
  }

  /** Says when the certificate expires whose entry was taken from a CRL. To be said once. */
  noteExpiry(serialNumber: SerialNumber, notAfter: Date): void {
    const day = dayOf(notAfter);
    const sameDay = this.#expiring.get(day);
    if (sameDay === undefined) this.#expiring.set(day, [serialNumber]);
    else sameDay.push(serialNumber);
  }

  serialNumbers(): Iterable<SerialNumber> {
    return this.#placed.keys();
  }

  /** Takes an entry out; says whether it was there. */
  remove(serialNumber: SerialNumber): boolean {
    const block = this.#placed.get(serialNumber);
    if (block === undefined) return false;
    this.#placed.delete(serialNumber);
    const { start, end } = find(block, serialNumber);
    noteGone(block, start, end - start);
    block.octets.copyWithin(start, end, block.used);
    block.used -= end - start;
    this.#roomy.add(block);
    return true;
  }

  /** The entries one after another: the content of `revokedCertificates`. The pieces are views; use them before the next change. */
  pieces(): Uint8Array[] {
    return this.#blocks.filter(({ used }) => used > 0).map(({ octets, used }) => octets.subarray(0, used));
  }

  toBytes(): Uint8Array {
    return Buffer.concat(this.pieces());
  }

  /** What makes the entries' octets of those that lay here when this was called last: of a block that nothing has left or joined, its range. */
  takeChange(): CrlPiece[] {
    const pieces: CrlPiece[] = [];
    let offset = 0;
    for (const block of this.#blocks) {
      let { offset: from } = block.before;
      const end = from + block.before.length;
      const kept = keptOctets(block);
      for (const range of block.gone) {
        pieces.push({ offset: from, length: block.before.offset + range.offset - from });
        from = block.before.offset + range.offset + range.length;
      }
      pieces.push({ offset: from, length: end - from }, block.octets.slice(kept, block.used));
      block.before = { offset, length: block.used };
      block.gone = [];
      offset += block.used;
    }
    return joinPieces(pieces);
  }

  /** Those whose certificates expired on a day before this one, and when they were revoked. Cost: those, not all. */
  *expiredBefore(at: Date): Generator<{ serialNumber: SerialNumber; revokedAt: Date }> {
    const today = dayOf(at);
    for (const [day, serialNumbers] of [...this.#expiring]) {
      if (day >= today) continue;
      const present = new Set(serialNumbers.filter((serialNumber) => this.has(serialNumber)));
      if (present.size === 0) this.#expiring.delete(day);
      for (const serialNumber of present) {
        const { revokedAt } = readCrlEntry(new DerReader(this.#octetsOf(serialNumber)));
        yield { serialNumber, revokedAt };
      }
    }
  }

  #put(serialNumber: SerialNumber, entry: Uint8Array): void {
    const block = this.#blockWithRoom(entry.length);
    block.octets.set(entry, block.used);
    block.used += entry.length;
    this.#placed.set(serialNumber, block);
  }

  #octetsOf(serialNumber: SerialNumber): Uint8Array {
    const block = this.#placed.get(serialNumber);
    if (block === undefined) throw new RangeError(`${serialNumber} is not on the CRL`);
    const { start, end } = find(block, serialNumber);
    return block.octets.subarray(start, end);
  }

  #blockWithRoom(length: number): Block {
    for (const block of this.#roomy) {
      if (block.octets.length - block.used >= length) return block;
      this.#roomy.delete(block);
    }
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.octets.length - last.used >= length) return last;
    const block = { octets: new Uint8Array(BLOCK_OCTETS), used: 0, before: { offset: 0, length: 0 }, gone: [] };
    this.#blocks.push(block);
    return block;
  }
}

/** How many octets at the block's beginning are what was there before; what has joined since follows them. */
function keptOctets({ before, gone }: Block): number {
  return gone.reduce((left, { length }) => left - length, before.length);
}

/** Notes where the octets that go from `start` lay before, unless they have joined since. */
function noteGone(block: Block, start: number, length: number): void {
  if (start >= keptOctets(block)) return;
  let offset = start;
  let place = 0;
  for (const range of block.gone) {
    if (range.offset > offset) break;
    offset += range.length;
    place += 1;
  }
  block.gone.splice(place, 0, { offset, length });
}

/** An entry's identifier and its length, which is one octet: the longest entry has some 60. */
const HEADER_OCTETS = 2;
const LONGEST_OCTETS = 2 + 0x7f;
/** How an entry of certificateHold ends: its reasonCode, ENUMERATED 6 (RFC 5280 §5.3.1). */
const CERTIFICATE_HOLD = Buffer.concat([objectIdentifier(OID.reasonCode), octetString(enumerated(REVOCATION_REASONS.certificateHold))]);

/** The entry that begins there, as far as its place among the others depends on it. Throws DerError. */
function scan(octets: Uint8Array, start: number): { serialNumber: SerialNumber; end: number; isHeld: boolean } {
  const serialLength = octets[start + HEADER_OCTETS + 1] ?? 0;
  const end = start + HEADER_OCTETS + (octets[start + 1] ?? LONGEST_OCTETS);
  const serialStart = start + 2 * HEADER_OCTETS;
  const isEntry = octets[start] === TAG.SEQUENCE && octets[start + HEADER_OCTETS] === TAG.INTEGER;
  if (!isEntry || end - start > LONGEST_OCTETS || end > octets.length || serialStart + serialLength > end)
    throw new DerError("an entry that is none of ours");
  const serialNumber = serialNumberOf(octets.subarray(serialStart, serialStart + serialLength));
  if (serialNumber === undefined) throw new DerError("an entry whose serial number is not positive or too long");
  return { serialNumber, end, isHeld: endsWith(octets.subarray(start, end), CERTIFICATE_HOLD) };
}

function endsWith(octets: Uint8Array, end: Uint8Array): boolean {
  return octets.length >= end.length && isAt(octets, octets.length - end.length, end);
}

/** Walks through a block to the entry of this serial number. */
function find({ octets, used }: Block, serialNumber: SerialNumber): { start: number; end: number } {
  const serial = unsignedInteger(serialNumberOctets(serialNumber));
  for (let start = 0; start < used; ) {
    const end = start + HEADER_OCTETS + (octets[start + 1] ?? 0);
    if (isAt(octets, start + HEADER_OCTETS, serial)) return { start, end };
    start = end;
  }
  throw new RangeError(`${serialNumber} is not in its block`);
}

function isAt(octets: Uint8Array, offset: number, wanted: Uint8Array): boolean {
  for (let at = 0; at < wanted.length; at++) if (octets[offset + at] !== wanted[at]) return false;
  return true;
}

function dayOf(at: Date): number {
  return Math.floor(at.getTime() / DAY_MILLIS);
}
