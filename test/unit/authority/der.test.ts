import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { DerError } from "../../../services/ca/authority/der/error.js";
import { readLength } from "../../../services/ca/authority/der/length.js";
import { decodeOid, encodeOid } from "../../../services/ca/authority/der/oid.js";
import { decodePem, encodePem } from "../../../services/ca/authority/der/pem.js";
import { DerReader, readSequence } from "../../../services/ca/authority/der/reader.js";
import { TAG } from "../../../services/ca/authority/der/tag.js";
import {
  element,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  time,
  unsignedInteger,
} from "../../../services/ca/authority/der/writer.js";

const hex = (text: string) => Buffer.from(text.replace(/ /g, ""), "hex");
const toHex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");

const OIDS: readonly (readonly [dotted: string, content: string])[] = [
  ["2.5.4.3", "55 04 03"],
  ["1.2.840.113549.1.1.11", "2a 86 48 86 f7 0d 01 01 0b"],
  ["0.9.2342.19200300.100.1.1", "09 92 26 89 93 f2 2c 64 01 01"],
  ["2.999.3", "88 37 03"],
  ["2.40.1", "78 01"],
  ["2.25.329800735698586629295641978511506172918", "69 83 f8 ce f2 ad bb cb df c7 8b cb d4 84 a4 94 c9 aa f3 36"],
];

test("object identifiers are encoded and decoded, also below the arc 2 beyond 2.39", () => {
  for (const [dotted, content] of OIDS) {
    assert.equal(decodeOid(encodeOid(dotted)), dotted);
    if (dotted.startsWith("2.25")) continue;
    assert.equal(toHex(encodeOid(dotted)), content.replace(/ /g, ""));
  }
});

const BAD_OIDS = {
  empty: "",
  "an arc that does not end": "55 84",
  "an arc with a leading zero": "55 80 03",
  "without an end to it": "55 ".repeat(70),
};
for (const [title, content] of Object.entries(BAD_OIDS)) {
  test(`an object identifier that is ${title} is refused`, () => assert.throws(() => decodeOid(hex(content)), DerError));
}

const BAD_LENGTHS = {
  "2³²+5, which 32 bits would read as 5": "85 01 00 00 00 05",
  indefinite: "80",
  "in the long form, though short": "81 7f",
  "with a leading zero": "82 00 80",
  "cut off": "82 01",
  "reserved (ff)": "ff",
};
for (const [title, octets] of Object.entries(BAD_LENGTHS)) {
  test(`a length that is ${title} is refused`, () => assert.throws(() => readLength(hex(octets), 0), DerError));
}

test("an element that claims more than there is is refused", () => {
  for (const octets of ["04 05 00", "04 84 ff ff ff ff 00", "30 03 02 02 01"]) {
    assert.throws(() => new DerReader(new DerReader(hex(octets)).any().content).any(), DerError, octets);
  }
});

test("elements of every length are read as they were written", () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 16_777_215, 16_777_216]) {
    const content = new Uint8Array(length);
    const whole = octetString(content);
    const from = new DerReader(whole);
    assert.equal(from.element(TAG.OCTET_STRING).content.length, length);
    from.end();
  }
});

test("integers are in their shortest form, and positive", () => {
  assert.equal(toHex(integer(0)), "020100");
  assert.equal(toHex(integer(127)), "02017f");
  assert.equal(toHex(integer(128)), "02020080");
  assert.equal(toHex(unsignedInteger(hex("00 00 ff"))), "020200ff");
  for (const octets of ["02 00", "02 02 00 7f", "02 02 ff 80"]) assert.throws(() => new DerReader(hex(octets)).integer(), DerError, octets);
  assert.throws(() => new DerReader(hex("02 01 ff")).unsignedInteger(), DerError);
});

test("times are UTCTime until the end of 2049 and GeneralizedTime from 2050 on", () => {
  assert.equal(toHex(time(new Date("2049-12-31T23:59:59Z"))), `170d${Buffer.from("491231235959Z").toString("hex")}`);
  assert.equal(toHex(time(new Date("2050-01-01T00:00:00Z"))), `180f${Buffer.from("20500101000000Z").toString("hex")}`);
});

test("times are read back to the second", () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1950) / 1000, max: Date.UTC(9999) / 1000 }), (seconds) => {
      const at = new Date(seconds * 1000);
      assert.deepEqual(new DerReader(time(at)).time(), at);
    }),
  );
});

const BAD_TIMES = [
  "20261301000000Z",
  "20260230000000Z",
  "20260101240000Z",
  "20260101000060Z",
  "20260101000000.5Z",
  "20260101000000+0100",
  "202601010000Z",
  "20260101000000",
];
for (const text of BAD_TIMES) {
  test(`the GeneralizedTime ${text} is refused`, () => {
    assert.throws(() => new DerReader(element(TAG.GENERALIZED_TIME, Buffer.from(text))).time(), DerError);
  });
}
for (const text of ["2601010000Z", "260101000000+0100", "261301000000Z", "260101000000.5Z"]) {
  test(`the UTCTime ${text} is refused`, () => {
    assert.throws(() => new DerReader(element(TAG.UTC_TIME, Buffer.from(text))).time(), DerError);
  });
}

test("octets behind a SEQUENCE are refused", () => {
  assert.throws(() => readSequence(Buffer.concat([sequence(), Buffer.of(0)])), DerError);
});

test("noise never makes the reader fail otherwise than by a DerError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
      const from = new DerReader(octets);
      try {
        while (!from.atEnd) from.any();
      } catch (error) {
        assert.ok(error instanceof DerError);
      }
    }),
    { numRuns: 2000 },
  );
});

test("PEM is written in lines of 64 and read back", () => {
  const der = objectIdentifier("2.999.3");
  const long = octetString(new Uint8Array(200));
  assert.deepEqual(decodePem("X", encodePem("X", der) + encodePem("X", long)), [new Uint8Array(der), new Uint8Array(long)]);
  assert.ok(
    encodePem("X", long)
      .split("\n")
      .every((line) => line.length <= 64),
  );
});

const BAD_PEMS = {
  "without a block": "hello",
  "of another label": encodePem("Y", sequence()),
  "with a second block of another label": encodePem("X", sequence()) + encodePem("Y", sequence()),
  "whose end has another label": encodePem("X", sequence()).replace("END X", "END Y"),
  "without its end": encodePem("X", sequence()).replace(/-----END.*/, ""),
  "without its header": encodePem("X", sequence()).replace(/^.*\n/, ""),
  "with something else in the base64": encodePem("X", sequence()).replace("MAA=", "MA!="),
  "with bits in the padding": encodePem("X", sequence()).replace("MAA=", "MAB="),
  "with an empty block": "-----BEGIN X-----\n-----END X-----\n",
};
for (const [title, text] of Object.entries(BAD_PEMS)) {
  test(`a PEM ${title} is refused`, () => assert.throws(() => decodePem("X", text), { code: "FIELD_INVALID" }));
}
