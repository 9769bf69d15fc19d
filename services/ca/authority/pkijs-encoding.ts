import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { OID } from "./object-identifiers.js";
import { serialNumberOctets } from "./serial-number.js";
import type { Der, SerialNumber } from "./types.js";

/**
 * What pkijs encodes for the values of ours: the cold path. Templates and authorities' own certificates are made
 * with it, and the tests hold every encoding of the hot path against it.
 */

const FIRST_GENERALIZED_YEAR = 2050;
const UTC_TIME = 0;
const GENERALIZED_TIME = 1;

/** The bits of KeyUsage (RFC 5280 §4.2.1.3) that are used, each with its count of unused bits. */
const KEY_USAGES = {
  digitalSignature: { octet: 0b1000_0000, unusedBits: 7 },
  keyCertSignAndCrlSign: { octet: 0b0000_0110, unusedBits: 1 },
} as const;

export function toBuffer(octets: Uint8Array): ArrayBuffer {
  return new Uint8Array(octets).buffer;
}

export function toOctets(encoded: asn1js.BaseBlock): Der {
  return new Uint8Array(encoded.toBER(false)) as Der;
}

export function serialNumberInteger(serialNumber: SerialNumber): asn1js.Integer {
  return new asn1js.Integer({ valueHex: toBuffer(serialNumberOctets(serialNumber)) });
}

export function pkijsTime(at: Date): pkijs.Time {
  return new pkijs.Time({ type: at.getUTCFullYear() < FIRST_GENERALIZED_YEAR ? UTC_TIME : GENERALIZED_TIME, value: at });
}

/** pkijs puts all attributes into one SET, also when there are none. A Name here is a SEQUENCE of SETs of one, so it gets that, encoded. */
export function pkijsName(attributes: readonly { type: string; value: string }[]): pkijs.RelativeDistinguishedNames {
  const relativeNames = attributes.map(({ type, value }) => {
    const attribute = new pkijs.AttributeTypeAndValue({ type, value: new asn1js.Utf8String({ value }) });
    return new asn1js.Set({ value: [attribute.toSchema()] });
  });
  return pkijs.RelativeDistinguishedNames.fromBER(new asn1js.Sequence({ value: relativeNames }).toBER(false));
}

export function extension(extnID: string, critical: boolean, value: { toSchema(): asn1js.BaseBlock } | asn1js.BaseBlock): pkijs.Extension {
  const schema = "toSchema" in value ? value.toSchema() : value;
  return new pkijs.Extension({ extnID, critical, extnValue: schema.toBER(false) });
}

export function keyUsage(usage: keyof typeof KEY_USAGES): pkijs.Extension {
  const { octet, unusedBits } = KEY_USAGES[usage];
  return extension(OID.keyUsage, true, new asn1js.BitString({ unusedBits, valueHex: toBuffer(Uint8Array.of(octet)) }));
}

export function extendedKeyUsage(...keyPurposes: readonly string[]): pkijs.Extension {
  return extension(OID.extendedKeyUsage, false, new pkijs.ExtKeyUsage({ keyPurposes: [...keyPurposes] }));
}

export function subjectKeyIdentifierExtension(identifier: Uint8Array): pkijs.Extension {
  return extension(OID.subjectKeyIdentifier, false, new asn1js.OctetString({ valueHex: toBuffer(identifier) }));
}

export function authorityKeyIdentifierExtension(identifier: Uint8Array): pkijs.Extension {
  const keyIdentifier = new asn1js.OctetString({ valueHex: toBuffer(identifier) });
  return extension(OID.authorityKeyIdentifier, false, new pkijs.AuthorityKeyIdentifier({ keyIdentifier }));
}
