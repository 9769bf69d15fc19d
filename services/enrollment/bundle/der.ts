import * as asn1js from "asn1js";

/** The few ASN.1 types that bundles are made of, as small functions over asn1js. Values are DER, whole elements. */

export function sequence(...elements: readonly Uint8Array[]): Uint8Array {
  return encode(new asn1js.Sequence({ value: elements.map(decode) }));
}

export function set(...elements: readonly Uint8Array[]): Uint8Array {
  return encode(new asn1js.Set({ value: elements.map(decode) }));
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
  return encode(new asn1js.Constructed({ idBlock: { tagClass: CONTEXT_SPECIFIC, tagNumber }, value: [decode(element)] }));
}

/** `[n] IMPLICIT OCTET STRING`: always primitive, since some readers take no other form. */
export function implicitOctetString(tagNumber: number, octets: Uint8Array): Uint8Array {
  return encode(new asn1js.Primitive({ idBlock: { tagClass: CONTEXT_SPECIFIC, tagNumber }, valueHex: bufferOf(octets) }));
}

/** `[n] IMPLICIT SET OF` nothing: an empty constructed element. */
export function emptyImplicitSet(tagNumber: number): Uint8Array {
  return encode(new asn1js.Constructed({ idBlock: { tagClass: CONTEXT_SPECIFIC, tagNumber }, value: [] }));
}

const CONTEXT_SPECIFIC = 3;

function encode(value: asn1js.AsnType): Uint8Array {
  return new Uint8Array(value.toBER());
}

function decode(element: Uint8Array): asn1js.AsnType {
  const { offset, result } = asn1js.fromBER(bufferOf(element));
  if (offset !== element.length) throw new Error("not one whole DER element");
  return result;
}

function bufferOf(octets: Uint8Array): ArrayBuffer {
  return new Uint8Array(octets).buffer;
}
