import type { Der } from "../types.js";
import { elementSize, writeLength } from "./length.js";
import { encodeOid } from "./oid.js";
import { contextConstructed, TAG } from "./tag.js";
import { FIRST_GENERALIZED_YEAR, formatGeneralizedTime, formatUtcTime } from "./time.js";

/** From this size on, zeroing memory that is overwritten at once is worth avoiding: a CRL of a million entries has 40 MB. */
const LARGE_OCTETS = 64 * 1024;

/** One element: identifier, shortest length, the parts one after another. Every writer below ends here. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Der {
  let contentLength = 0;
  for (const part of parts) contentLength += part.length;
  const size = elementSize(contentLength);
  const whole = size < LARGE_OCTETS ? new Uint8Array(size) : new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  whole[0] = tag;
  let offset = writeLength(whole, 1, contentLength);
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole as Der;
}

/** Identifier and length of an element whose content follows: so that large content is copied once, not once a level. */
export function elementHeader(tag: number, contentLength: number): Uint8Array {
  const header = new Uint8Array(elementSize(contentLength) - contentLength);
  header[0] = tag;
  writeLength(header, 1, contentLength);
  return header;
}

/** SEQUENCE, SEQUENCE OF */
export function sequence(...parts: readonly Uint8Array[]): Der {
  return element(TAG.SEQUENCE, ...parts);
}

/** SET OF with one member, as the RelativeDistinguishedNames here are: a longer one would have to be sorted (X.690 §11.6). */
export function setOfOne(member: Uint8Array): Der {
  return element(TAG.SET, member);
}

/** `[number] EXPLICIT` */
export function explicit(number: number, part: Uint8Array): Der {
  return element(contextConstructed(number), part);
}

/** BOOLEAN: TRUE is FF (X.690 §11.1). FALSE is never written here: everywhere in RFC 5280 it is the DEFAULT. */
export function booleanTrue(): Der {
  return element(TAG.BOOLEAN, Uint8Array.of(0xff));
}

/** INTEGER, not negative, from its magnitude in big-endian octets: leading zeros go, a sign octet comes where the top bit is set. */
export function unsignedInteger(magnitude: Uint8Array): Der {
  const start = magnitude.findIndex((octet) => octet !== 0);
  if (start === -1) return element(TAG.INTEGER, Uint8Array.of(0));
  const digits = magnitude.subarray(start);
  return (digits[0] ?? 0) < 0x80 ? element(TAG.INTEGER, digits) : element(TAG.INTEGER, Uint8Array.of(0), digits);
}

/** INTEGER, not negative. */
export function integer(value: bigint | number): Der {
  const hex = value.toString(16);
  return unsignedInteger(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex"));
}

/** ENUMERATED, 0 to 127. */
export function enumerated(value: number): Der {
  return element(TAG.ENUMERATED, Uint8Array.of(value));
}

/** BIT STRING of whole octets. */
export function bitString(octets: Uint8Array): Der {
  const noUnusedBits = Uint8Array.of(0);
  return element(TAG.BIT_STRING, noUnusedBits, octets);
}

/** OCTET STRING */
export function octetString(...parts: readonly Uint8Array[]): Der {
  return element(TAG.OCTET_STRING, ...parts);
}

/** NULL */
export function nullValue(): Der {
  return element(TAG.NULL);
}

/** OBJECT IDENTIFIER */
export function objectIdentifier(dotted: string): Der {
  return element(TAG.OBJECT_IDENTIFIER, encodeOid(dotted));
}

/** UTF8String: what new names are written in (RFC 5280 §4.1.2.4). */
export function utf8String(text: string): Der {
  return element(TAG.UTF8_STRING, Buffer.from(text, "utf8"));
}

/** Time ::= CHOICE { utcTime UTCTime, generalTime GeneralizedTime }: UTCTime until the end of 2049 (RFC 5280 §4.1.2.5). */
export function time(at: Date): Der {
  return at.getUTCFullYear() < FIRST_GENERALIZED_YEAR
    ? element(TAG.UTC_TIME, Buffer.from(formatUtcTime(at), "latin1"))
    : element(TAG.GENERALIZED_TIME, Buffer.from(formatGeneralizedTime(at), "latin1"));
}
