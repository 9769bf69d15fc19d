import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import * as asn1js from "asn1js";
import { emptyImplicitSet, explicit, octetString, sequence, set } from "../../../services/enrollment/bundle/der.js";

const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");
const read = (element: Uint8Array) => asn1js.fromBER(new Uint8Array(element).buffer).result;
const contextSpecific = (tagNumber: number, value: asn1js.AsnType[]) =>
  hex(new Uint8Array(new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber }, value }).toBER()));

test("what holds other elements is, octet for octet, what asn1js makes of them, whatever their length", () => {
  // Both sides of every length that takes one octet more.
  for (const length of [0, 1, 100, 121, 122, 123, 124, 125, 126, 127, 128, 250, 251, 252, 253, 254, 255, 256, 65_529, 65_535, 65_536]) {
    const elements = [octetString(randomBytes(length)), octetString(randomBytes(3))];
    const parts = elements.map(read);
    assert.equal(hex(sequence(...elements)), hex(new Uint8Array(new asn1js.Sequence({ value: parts }).toBER())), `${length}`);
    assert.equal(hex(set(...elements)), hex(new Uint8Array(new asn1js.Set({ value: parts }).toBER())), `${length}`);
    const [first] = elements;
    assert.ok(first !== undefined);
    for (const tagNumber of [0, 1, 30])
      assert.equal(hex(explicit(tagNumber, first)), contextSpecific(tagNumber, [read(first)]), `${length}`);
  }
  // A length of four octets: asn1js takes seconds for it.
  assert.equal(hex(sequence(new Uint8Array(0x1_00_00_00)).subarray(0, 5)), "308401000000".slice(0, 10));
  assert.equal(hex(sequence()), "3000");
  assert.equal(hex(emptyImplicitSet(0)), contextSpecific(0, []));
});
