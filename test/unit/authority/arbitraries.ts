import fc from "fast-check";
import { parseDeviceName } from "../../../services/ca/authority/device-name.js";
import { parseSerialNumber, serialNumberFrom } from "../../../services/ca/authority/serial-number.js";
import { type DeviceName, REVOCATION_REASONS, type RevocationReason, type SerialNumber } from "../../../services/ca/authority/types.js";

/** Values as they come in real life, and at the edges of what is allowed. */

export const serialNumbers: fc.Arbitrary<SerialNumber> = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(serialNumberFrom);

/** Of adopted CAs: 1 to 20 octets, sign octets among them. */
export const foreignSerialNumbers: fc.Arbitrary<SerialNumber> = fc
  .bigInt({ min: 1n, max: 2n ** 159n - 1n })
  .map((value) => value.toString(16))
  .map((hex) => parseSerialNumber(hex.length % 2 === 0 ? hex : `0${hex}`));

/** Whole seconds on both sides of 2050, where UTCTime ends. */
export const times: fc.Arbitrary<Date> = fc
  .integer({ min: Date.UTC(2025) / 1000, max: Date.UTC(2080) / 1000 })
  .map((seconds) => new Date(seconds * 1000));

export const deviceNames: fc.Arbitrary<DeviceName> = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .filter((text) => isDeviceName(text))
  .map(parseDeviceName);

function isDeviceName(text: string): boolean {
  try {
    parseDeviceName(text);
    return true;
  } catch {
    return false;
  }
}

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
/** Below example.com; some with a wildcard, some longer than a common name. */
export const permittedDnsNames: fc.Arbitrary<string> = fc
  .tuple(fc.boolean(), fc.array(label, { maxLength: 5 }))
  .map(([isWildcard, labels]) => [...(isWildcard ? ["*"] : []), ...labels, "example.com"].join("."))
  .filter((name) => name.length <= 253);

export const localAddresses: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(fc.nat(255), fc.nat(255)).map(([third, fourth]) => `192.168.${third}.${fourth}`),
  fc.nat(0xffff).map((last) => `fd00::${last.toString(16)}`),
);

const reasonNames = Object.keys(REVOCATION_REASONS) as RevocationReason[];
export const listedReasons: fc.Arbitrary<RevocationReason> = fc.constantFrom(...reasonNames.filter((name) => name !== "removeFromCRL"));
