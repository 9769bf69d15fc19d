import * as asn1js from "asn1js";
import { concat } from "./octets.js";

/**
 * The few ASN.1 types that bundles are made of, as small functions. Values are DER, whole elements: what holds others is their
 * concatenation behind a tag and a length, and asn1js makes the rest.
 */

export function sequence(...elements: readonly Uint8Array[]): Uint8Array {
  return constructed(0x30, elements);
}

export function set(...elements: readonly Uint8Array[]): Uint8Array {
  return constructed(0x31, elements);
}

export function objectIdentifier(dotted: string): Uint8Array {
  return encode(new asn1js.ObjectIdentifier({ value: dotted }));
}

export function integer(value: number): Uint8Array {
  return encode(new asn1js.Integer({ value }));
}

/** A non-negative INTEGER of any length, big-endian. */
export function unsignedInteger(octets: Uint8Array): Uint8Array {
  const first = octets.findIndex((octet) => octet !== 0);
  const significant = first < 0 ? Uint8Array.of(0) : octets.subarray(first);
  const isNegative = ((significant[0] ?? 0) & 0x80) !== 0;
  return encode(new asn1js.Integer({ valueHex: bufferOf(isNegative ? Uint8Array.of(0, ...significant) : significant) }));
}

export function octetString(octets: Uint8Array): Uint8Array {
  return encode(new asn1js.OctetString({ valueHex: bufferOf(octets) }));
}

export function bitString(octets: Uint8Array): Uint8Array {
  return encode(new asn1js.BitString({ valueHex: bufferOf(octets), unusedBits: 0 }));
}

export function bmpString(text: string): Uint8Array {
  return encode(new asn1js.BmpString({ value: text }));
}

export function nullValue(): Uint8Array {
  return encode(new asn1js.Null());
}

/** `[n] EXPLICIT`: the element, wrapped. */
export function explicit(tagNumber: number, element: Uint8Array): Uint8Array {
  return constructed(CONTEXT_CONSTRUCTED + tagNumber, [element]);
}

/** `[n] IMPLICIT OCTET STRING`: always primitive, since some readers take no other form. */
export function implicitOctetString(tagNumber: number, octets: Uint8Array): Uint8Array {
  return encode(new asn1js.Primitive({ idBlock: { tagClass: CONTEXT_SPECIFIC, tagNumber }, valueHex: bufferOf(octets) }));
}

/** `[n] IMPLICIT SET OF` nothing: an empty constructed element. */
export function emptyImplicitSet(tagNumber: number): Uint8Array {
  return constructed(CONTEXT_CONSTRUCTED + tagNumber, []);
}

const CONTEXT_SPECIFIC = 3;
/** The first octet of `[0]`, constructed (X.690 §8.1.2); numbers up to 30 are added. */
const CONTEXT_CONSTRUCTED = 0xa0;

function constructed(tag: number, elements: readonly Uint8Array[]): Uint8Array {
  const content = concat(...elements);
  return concat(Uint8Array.of(tag, ...lengthOctets(content.length)), content);
}

/** X.690 §10.1: in the shortest form. */
function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 0x100)) octets.unshift(rest % 0x100);
  return [0x80 + octets.length, ...octets];
}

function encode(value: asn1js.AsnType): Uint8Array {
  return new Uint8Array(value.toBER());
}

function bufferOf(octets: Uint8Array): ArrayBuffer {
  return new Uint8Array(octets).buffer;
}
