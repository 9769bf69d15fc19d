/** Identifier octets (X.690 §8.1.2) of the universal types that certificates are made of. */
export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OBJECT_IDENTIFIER: 0x06,
  ENUMERATED: 0x0a,
  UTF8_STRING: 0x0c,
  PRINTABLE_STRING: 0x13,
  TELETEX_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

const CONTEXT_SPECIFIC = 0x80;
const CONSTRUCTED = 0x20;

/** `[number]` IMPLICIT of a primitive type, e.g. a dNSName. */
export function contextPrimitive(number: number): number {
  return CONTEXT_SPECIFIC | number;
}

/** `[number]` EXPLICIT, or IMPLICIT of a SEQUENCE or SET. */
export function contextConstructed(number: number): number {
  return CONTEXT_SPECIFIC | CONSTRUCTED | number;
}
