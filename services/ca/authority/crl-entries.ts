import { encodeCrlEntry, readCrlEntry } from "./crl-entry.js";
import { DerReader } from "./der/reader.js";
import type { CertificateRecord, SerialNumber } from "./types.js";

/** Some 1,700 entries: small enough to close a gap in microseconds, large enough that a million entries are 600 blocks. */
const BLOCK_OCTETS = 64 * 1024;
const DAY_MILLIS = 86_400_000;

interface Block {
  readonly octets: Uint8Array;
  used: number;
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

  has(serialNumber: SerialNumber): boolean {
    return this.#placed.has(serialNumber);
  }

  /** Adds what is held or revoked; an entry of the same serial number is replaced. A valid record is passed over. */
  add(record: CertificateRecord): void {
    if (record.status === "valid") return;
    const { serialNumber, revokedAt } = record;
    const entry = encodeCrlEntry({ serialNumber, revokedAt, reason: record.status === "held" ? "certificateHold" : record.reason });
    if (this.#placed.has(serialNumber)) this.remove(serialNumber);
    else this.#noteExpiry(serialNumber, record.notAfter);
    const block = this.#blockWithRoom(entry.length);
    block.octets.set(entry, block.used);
    block.used += entry.length;
    this.#placed.set(serialNumber, block);
  }

  /** Takes an entry out; says whether it was there. */
  remove(serialNumber: SerialNumber): boolean {
    const block = this.#placed.get(serialNumber);
    if (block === undefined) return false;
    this.#placed.delete(serialNumber);
    const { start, end } = find(block, serialNumber);
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

  /** Those whose certificates expired on a day before this one, and when they were revoked. Cost: those, not all. */
  *expiredBefore(at: Date): Generator<{ serialNumber: SerialNumber; revokedAt: Date }> {
    const today = dayOf(at);
    for (const [day, serialNumbers] of [...this.#expiring]) {
      if (day >= today) continue;
      const present = new Set(serialNumbers.filter((serialNumber) => this.has(serialNumber)));
      if (present.size === 0) this.#expiring.delete(day);
      for (const serialNumber of present) yield { serialNumber, revokedAt: this.#revokedAt(serialNumber) };
    }
  }

  #revokedAt(serialNumber: SerialNumber): Date {
    const block = this.#placed.get(serialNumber);
    if (block === undefined) throw new RangeError(`${serialNumber} is not on the CRL`);
    return find(block, serialNumber).revokedAt;
  }

  #noteExpiry(serialNumber: SerialNumber, notAfter: Date): void {
    const day = dayOf(notAfter);
    const sameDay = this.#expiring.get(day);
    if (sameDay === undefined) this.#expiring.set(day, [serialNumber]);
    else sameDay.push(serialNumber);
  }

  #blockWithRoom(length: number): Block {
    for (const block of this.#roomy) {
      if (block.octets.length - block.used >= length) return block;
      this.#roomy.delete(block);
    }
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.octets.length - last.used >= length) return last;
    const block = { octets: new Uint8Array(BLOCK_OCTETS), used: 0 };
    this.#blocks.push(block);
    return block;
  }
}

/** Walks through a block to the entry of this serial number. */
function find(block: Block, serialNumber: SerialNumber): { start: number; end: number; revokedAt: Date } {
  const from = new DerReader(block.octets.subarray(0, block.used));
  for (let start = 0; !from.atEnd; start = from.offset) {
    const entry = readCrlEntry(from);
    if (entry.serialNumber === serialNumber) return { start, end: from.offset, revokedAt: entry.revokedAt };
  }
  throw new RangeError(`${serialNumber} is not in its block`);
}

function dayOf(at: Date): number {
  return Math.floor(at.getTime() / DAY_MILLIS);
}
