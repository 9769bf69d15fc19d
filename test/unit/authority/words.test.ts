import assert from "node:assert/strict";
import test from "node:test";
import { ErrorReason } from "../../../generated/latchkey/v1/error_reason.js";
import { parseDeviceName } from "../../../services/ca/authority/device-name.js";
import type { ErrorCode } from "../../../services/ca/authority/error.js";
import { parseSerialNumber } from "../../../services/ca/authority/serial-number.js";

test("the union of error codes and the enum of the wire are the same list", () => {
  // The compiler is half of this test: these two types are assignable to each other only if they hold the same words.
  type Reason = `${ErrorReason}` extends infer Name
    ? Name extends `ERROR_REASON_${infer Code}`
      ? Exclude<Code, "UNSPECIFIED">
      : never
    : never;
  const isSame: [Reason] extends [ErrorCode] ? ([ErrorCode] extends [Reason] ? true : never) : never = true;
  assert.ok(isSame);
  assert.ok(Object.keys(ErrorReason).length > 50);
});

test("serial numbers are read as programs print them, into one form", () => {
  for (const text of ["4fa0", "4F:A0", "00:4f:a0", "00004FA0"]) assert.equal(parseSerialNumber(text), "4fa0");
  // OpenSSL and nginx leave out the sign octet.
  assert.equal(parseSerialNumber("FFA0"), "00ffa0");
  assert.equal(parseSerialNumber("00ffa0"), "00ffa0");
});

for (const text of ["", "0", "00", "0000", "4fa", "xyz", "-01", "0x4fa0", `7f${"00".repeat(20)}`, `ff${"00".repeat(19)}`]) {
  test(`${JSON.stringify(text)} is no serial number`, () => assert.throws(() => parseSerialNumber(text), { code: "FIELD_INVALID" }));
}

test("a device's name is composed (NFC) whichever way it was typed", () => {
  assert.equal(parseDeviceName("Ku\u0308che"), "K\u00fcche");
  assert.equal(parseDeviceName("👩‍💻 Anna's phone"), "👩‍💻 Anna's phone");
});

test("a device's name has 64 characters at most, counted as X.520 does", () => {
  assert.equal(parseDeviceName("😀".repeat(64)).length, 128);
  assert.throws(() => parseDeviceName("a".repeat(65)), { code: "DEVICE_NAME_INVALID" });
});

for (const text of ["", " ", " Anna", "Anna ", "An\nna", "An\0na", "\u202Eanna", "\ud800", "a\u2028b", "\u00a0Anna"]) {
  test(`${JSON.stringify(text)} is no device's name`, () => assert.throws(() => parseDeviceName(text), { code: "DEVICE_NAME_INVALID" }));
}
