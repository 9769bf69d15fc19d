/** What is no strict DER (X.690 §10). */
export class DerError extends Error {
  override readonly name = "DerError";
}

/** The universal tags that a CRL and a certificate's head are made of. */
export const TAG = {
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OBJECT_IDENTIFIER: 0x06,
  BOOLEAN: 0x01,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  CONTEXT_0: 0xa0,
} as const;

const MAX_LENGTH_OCTETS = 4;

/**
 * Walks over elements without copying or building objects: a CRL has a million of them. `start` to `end` is the content of
 * the element read last. Throws DerError.
 */
export class DerCursor {
  start = 0;
  end = 0;

  constructor(
    readonly octets: Uint8Array,
    private at = 0,
    private readonly limit = octets.length,
  ) {}

  get atEnd(): boolean {
    return this.at === this.limit;
  }

  /** Where the next element begins. */
  get offset(): number {
    return this.at;
  }

  get nextTag(): number | undefined {
    return this.at < this.limit ? this.octets[this.at] : undefined;
  }

  /** Reads the next element, which must have this tag: a definite length in its shortest form, that stays inside. */
  read(tag: number): this {
    if (this.nextTag !== tag) throw new DerError(`octet ${this.at}: not the tag ${tag.toString(16)}`);
    let at = this.at + 1;
    let length = this.octets[at] ?? 0xff;
    at += 1;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > MAX_LENGTH_OCTETS || at + count > this.limit) throw new DerError(`octet ${at}: a length that is not DER`);
      length = 0;
      for (let index = 0; index < count; index += 1) length = length * 256 + (this.octets[at + index] ?? 0);
      if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError(`octet ${at}: a length that is longer than need be`);
      at += count;
    }
    if (length > this.limit - at) throw new DerError(`octet ${at}: an element longer than what holds it`);
    this.start = at;
    this.end = at + length;
    this.at = this.end;
    return this;
  }

  /** A cursor over what is inside the next element. */
  inside(tag: number): DerCursor {
    this.read(tag);
    return new DerCursor(this.octets, this.start, this.end);
  }

  /** The next element whole, identifier and length as well. */
  whole(tag: number): Uint8Array {
    const from = this.at;
    this.read(tag);
    return this.octets.subarray(from, this.end);
  }

  content(tag: number): Uint8Array {
    this.read(tag);
    return this.octets.subarray(this.start, this.end);
  }

  /** A positive INTEGER in its shortest form (X.690 §8.3.2): its content octets. */
  positiveInteger(): Uint8Array {
    this.read(TAG.INTEGER);
    const first = this.octets[this.start] ?? 0xff;
    const isPadded = first === 0 && this.end - this.start > 1 && (this.octets[this.start + 1] ?? 0) < 0x80;
    if (this.end === this.start || first >= 0x80 || isPadded)
      throw new DerError(`octet ${this.start}: not a positive INTEGER in its shortest form`);
    return this.octets.subarray(this.start, this.end);
  }

  /** Time, as RFC 5280 §5.1.2.4 allows it: UTCTime to 2049, GeneralizedTime from 2050, seconds and Z. */
  time(): Date {
    const tag = this.nextTag === TAG.UTC_TIME ? TAG.UTC_TIME : TAG.GENERALIZED_TIME;
    // One octet more than any time has shows what is none: the sentence about it must not be as long as the element.
    const text = Buffer.from(this.content(tag).subarray(0, LONGEST_TIME + 1)).toString("latin1");
    const [, year = "", ...rest] = (tag === TAG.UTC_TIME ? UTC_TIME : GENERALIZED_TIME).exec(text) ?? [];
    const fullYear = tag === TAG.UTC_TIME ? `${Number(year) < 50 ? "20" : "19"}${year}` : year;
    const [month, day, hour, minute, second] = rest;
    const iso = `${fullYear}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
    const time = new Date(iso);
    // A date that is none (31 February) would roll over: it must come back as it was written.
    if (year === "" || Number.isNaN(time.getTime()) || time.toISOString() !== iso) throw new DerError(`"${text}" is no time`);
    return time;
  }

  /** Refuses what is left over. */
  done(): void {
    if (!this.atEnd) throw new DerError(`octet ${this.at}: octets that follow the end`);
  }
}

const LONGEST_TIME = "YYYYMMDDHHMMSSZ".length;
const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
