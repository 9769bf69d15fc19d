/**
 * A set of serial numbers that are views of a CRL's octets: four octets of table a slot, no string and no object for each,
 * so that a million fit in a few megabytes. Open addressing, never more than half full.
 */
export class SerialNumbers {
  readonly #octets: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #mask: number;
  #size = 0;

  /** @param octets what the serial numbers are added from; @param count how many there will be, at most */
  constructor(octets: Uint8Array, count: number) {
    this.#octets = octets;
    const slots = 2 ** Math.ceil(Math.log2(Math.max(count, 4) * 2));
    this.#starts = new Uint32Array(slots);
    this.#mask = slots - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the content octets of the INTEGER that begins at `start` (its first content octet; its length stands right before). */
  add(start: number): void {
    const length = this.#octets[start - 1] ?? 0;
    const slot = this.#slotOf(this.#octets, start, length);
    if (this.#starts[slot] !== 0) return;
    this.#starts[slot] = start;
    this.#size += 1;
  }

  has(octets: Uint8Array, start = 0, length = octets.length): boolean {
    return this.#starts[this.#slotOf(octets, start, length)] !== 0;
  }

  /** All, as lower-case hex, two digits an octet, without a sign octet. */
  [Symbol.iterator](): Generator<string> {
    return this.missingFrom(new SerialNumbers(this.#octets, 0));
  }

  /** Those that the other does not have, as lower-case hex, two digits an octet, without a sign octet. */
  *missingFrom(other: SerialNumbers): Generator<string> {
    for (const start of this.#starts) {
      if (start === 0) continue;
      const length = this.#octets[start - 1] ?? 0;
      if (!other.has(this.#octets, start, length)) yield hexOf(this.#octets.subarray(start, start + length));
    }
  }

  /** The slot that holds it, or the empty one where it belongs. */
  #slotOf(octets: Uint8Array, start: number, length: number): number {
    // FNV-1a: an authority that counts (…01, …02) must not fill one corner.
    let hash = 0x811c9dc5;
    for (let index = 0; index < length; index += 1) hash = Math.imul(hash ^ (octets[start + index] ?? 0), 0x01000193);
    let slot = (hash ^ (hash >>> 15)) & this.#mask;
    for (;;) {
      const found = this.#starts[slot] ?? 0;
      if (found === 0 || this.#isAt(found, octets, start, length)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  #isAt(found: number, octets: Uint8Array, start: number, length: number): boolean {
    if (this.#octets[found - 1] !== length) return false;
    for (let index = 0; index < length; index += 1) if (this.#octets[found + index] !== octets[start + index]) return false;
    return true;
  }
}

function hexOf(content: Uint8Array): string {
  return Buffer.from(content[0] === 0 && content.length > 1 ? content.subarray(1) : content).toString("hex");
}
