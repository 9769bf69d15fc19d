import { LatchkeyError } from "./error.js";
import type { SerialNumber } from "./types.js";

const RANDOM_OCTETS = 16;
/** RFC 5280 §4.1.2.2: no longer than 20 octets. */
const MAX_OCTETS = 20;
const SIGN_BIT = 0x80;
const TOP_BIT = 0x40;

/**
 * Makes a serial number of 16 random octets from a CSPRNG: 126 random bits. The sign bit is cleared (it must be positive)
 * and the bit below it is set, so that the first octet is never zero and every serial number has the same length.
 */
export function serialNumberFrom(random: Uint8Array): SerialNumber {
  if (random.length !== RANDOM_OCTETS) throw new RangeError(`a serial number is made of ${RANDOM_OCTETS} random octets`);
  const octets = Buffer.from(random);
  octets[0] = ((octets[0] ?? 0) & ~SIGN_BIT) | TOP_BIT;
  return octets.toString("hex") as SerialNumber;
}

/**
 * Reads a serial number as people and programs write it (`4f:a0…`, `4FA0…`, with or without the leading zero octets)
 * into its one form: lower-case hex of the INTEGER's content octets. Throws FIELD_INVALID.
 */
export function parseSerialNumber(text: string): SerialNumber {
  const hex = text.replace(/:/g, "").toLowerCase();
  if (!/^[0-9a-f]+$/.test(hex) || hex.length % 2 !== 0) throw invalid(text, "it is lower-case hex, two digits an octet");
  const magnitude = Buffer.from(hex.replace(/^(00)+(?=..)/, ""), "hex");
  const serialNumber = serialNumberOf((magnitude[0] ?? 0) >= SIGN_BIT ? Buffer.concat([Buffer.of(0), magnitude]) : magnitude);
  if (serialNumber === undefined) throw invalid(text, `it is greater than zero and has ${MAX_OCTETS} octets at most`);
  return serialNumber;
}

/** The serial number with these content octets, which are in their shortest form; undefined if it is zero, negative or too long. */
export function serialNumberOf(content: Uint8Array): SerialNumber | undefined {
  const [first = 0] = content;
  if (first >= SIGN_BIT || content.length > MAX_OCTETS || (first === 0 && content.length === 1)) return undefined;
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString("hex") as SerialNumber;
}

/** The INTEGER's content octets. */
export function serialNumberOctets(serialNumber: SerialNumber): Uint8Array {
  return Buffer.from(serialNumber, "hex");
}

function invalid(text: string, rule: string): LatchkeyError {
  const shown = JSON.stringify(text.slice(0, 48));
  return new LatchkeyError("FIELD_INVALID", `${shown} is not a serial number: ${rule}.`, {
    violations: [{ field: "serial_number", description: rule }],
  });
}
