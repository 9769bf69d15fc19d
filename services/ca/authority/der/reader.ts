import type { Der } from "../types.js";
import { DerError } from "./error.js";
import { readLength } from "./length.js";
import { decodeOid } from "./oid.js";
import { TAG } from "./tag.js";
import { parseGeneralizedTime, parseUtcTime } from "./time.js";

/** Tags of two and more octets (X.690 §8.1.2.4) occur nowhere in what is read here. */
const HIGH_TAG_NUMBER = 0x1f;

/** A view is made when it is asked for: most are not. */
export class Element {
  constructor(
    private readonly octets: Uint8Array,
    private readonly start: number,
    private readonly contentStart: number,
    private readonly end: number,
  ) {}

  get tag(): number {
    return this.octets[this.start] ?? 0;
  }

  get content(): Uint8Array {
    return this.octets.subarray(this.contentStart, this.end);
  }

  /** Identifier, length and content. */
  get whole(): Der {
    return this.octets.subarray(this.start, this.end) as Der;
  }
}

/**
 * Reads elements one after another, strictly: definite, shortest lengths that stay inside, and `end()` refuses
 * what is left over. Results are views of the octets, not copies. Throws DerError.
 */
export class DerReader {
  #offset = 0;

  constructor(private readonly octets: Uint8Array) {}

  get atEnd(): boolean {
    return this.#offset === this.octets.length;
  }

  /** How many octets have been read. */
  get offset(): number {
    return this.#offset;
  }

  /** The next element's tag, without reading it; undefined at the end. */
  get nextTag(): number | undefined {
    return this.octets[this.#offset];
  }

  /** The next element, whatever it is. */
  any(): Element {
    const start = this.#offset;
    const tag = this.octets[start];
    if (tag === undefined) throw new DerError("it ends where an element should follow");
    if ((tag & HIGH_TAG_NUMBER) === HIGH_TAG_NUMBER) throw new DerError("a tag number above 30");
    const { length, end } = readLength(this.octets, start + 1);
    if (length > this.octets.length - end) throw new DerError("an element that is longer than what holds it");
    this.#offset = end + length;
    return new Element(this.octets, start, end, this.#offset);
  }

  /** The next element, which must have this tag. */
  element(tag: number): Element {
    if (this.nextTag !== tag) throw new DerError(`tag ${hex(this.nextTag)} where ${hex(tag)} should stand`);
    return this.any();
  }

  /** The next element if it has this tag. */
  optional(tag: number): Element | undefined {
    return this.nextTag === tag ? this.any() : undefined;
  }

  /** A reader of what is inside the next element, which must have this tag. */
  inside(tag: number = TAG.SEQUENCE): DerReader {
    return new DerReader(this.element(tag).content);
  }

  /** Refuses whatever is left. */
  end(): void {
    if (!this.atEnd) throw new DerError("octets that follow the end");
  }

  /** INTEGER: its content octets, in their shortest form (X.690 §8.3.2). */
  integer(): Uint8Array {
    return shortestInteger(this.element(TAG.INTEGER).content);
  }

  /** INTEGER ≥ 0: the magnitude, without a sign octet. */
  unsignedInteger(): Uint8Array {
    const content = this.integer();
    if ((content[0] ?? 0) >= 0x80) throw new DerError("a negative number");
    return content[0] === 0 && content.length > 1 ? content.subarray(1) : content;
  }

  /** INTEGER from 0 to 127, as versions are. */
  smallInteger(): number {
    const content = this.integer();
    const [value = 0] = content;
    if (content.length !== 1 || value >= 0x80) throw new DerError("a number out of range");
    return value;
  }

  /** OBJECT IDENTIFIER, dotted. */
  oid(): string {
    return decodeOid(this.element(TAG.OBJECT_IDENTIFIER).content);
  }

  /** BIT STRING of whole octets, as keys and signatures are. */
  octetsOfBitString(): Uint8Array {
    const { content } = this.element(TAG.BIT_STRING);
    if (content[0] !== 0) throw new DerError("a BIT STRING that is not whole octets");
    return content.subarray(1);
  }

  /** BOOLEAN DEFAULT FALSE: present only when TRUE, and then FF. */
  booleanDefaultFalse(): boolean {
    const found = this.optional(TAG.BOOLEAN);
    if (found === undefined) return false;
    if (found.content.length !== 1 || found.content[0] !== 0xff) throw new DerError("a BOOLEAN that is encoded though FALSE, or not as FF");
    return true;
  }

  /** Time ::= CHOICE { utcTime UTCTime, generalTime GeneralizedTime } */
  time(): Date {
    const { tag, content } = this.any();
    const text = Buffer.from(content).toString("latin1");
    if (tag === TAG.UTC_TIME) return parseUtcTime(text);
    if (tag === TAG.GENERALIZED_TIME) return parseGeneralizedTime(text);
    throw new DerError(`tag ${hex(tag)} where a time should stand`);
  }
}

/** Reads octets that must be one SEQUENCE and nothing else. */
export function readSequence(octets: Uint8Array): DerReader {
  const outer = new DerReader(octets);
  const inside = outer.inside(TAG.SEQUENCE);
  outer.end();
  return inside;
}

function shortestInteger(content: Uint8Array): Uint8Array {
  const [first, second] = content;
  if (first === undefined) throw new DerError("an empty INTEGER");
  const redundant = second !== undefined && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (redundant) throw new DerError("an INTEGER that is not in its shortest form");
  return content;
}

function hex(tag: number | undefined): string {
  return tag === undefined ? "none" : tag.toString(16).padStart(2, "0");
}
