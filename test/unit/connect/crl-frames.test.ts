import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { createFrameAssembler, FramesError } from "../../../clients/connect/crl-frames.js";
import { type CrlFrame, CrlHeader } from "../../../generated/latchkey/v1/publication_service.js";

const DER = Buffer.from("a CRL, for all that this file knows");
const header = (misfit: Partial<CrlHeader> = {}): CrlFrame => {
  const sha256 = createHash("sha256").update(DER).digest("hex");
  return { frame: { $case: "header", value: CrlHeader.create({ sizeOctets: String(DER.length), sha256, ...misfit }) } };
};
const chunk = (value: Buffer): CrlFrame => ({ frame: { $case: "chunk", value } });
const departures = (...numbers: readonly (readonly [string, string])[]): CrlFrame => {
  const named = numbers.map(([serialNumber, crlNumber]) => ({ serialNumber, crlNumber, cause: "released" }));
  return { frame: { $case: "departures", value: { departures: named } } };
};
const half = Math.floor(DER.length / 2);
const [first, second] = [chunk(DER.subarray(0, half)), chunk(DER.subarray(half))];
const many = departures(...Array.from({ length: 10_000 }, () => ["0a", "1"] as const));

function assemble(frames: readonly CrlFrame[]) {
  const assembler = createFrameAssembler();
  return frames.map((frame) => assembler.take(frame)).filter((crl) => crl !== undefined);
}

test("a CRL comes in pieces, with what has left it; and another after it", () => {
  const named = departures(["00ABCD", "7"], ["0a", "8"]);
  const [one, other, ...more] = assemble([header(), named, { frame: undefined }, first, second, header(), first, second]);
  assert.deepEqual([one?.der, other?.der, more.length], [DER, DER, 0]);
  assert.deepEqual(
    [...(one?.departed ?? [])],
    [
      ["abcd", 7n],
      ["0a", 8n],
    ],
  );
  assert.equal(other?.departed.size, 0);
});

test("what is on its way is no CRL yet", () => {
  const assembler = createFrameAssembler();
  assert.equal(assembler.unfinished, undefined);
  assembler.take(header());
  assert.match(assembler.unfinished ?? "", /^Only 0 of 35 octets/);
  assembler.take(first);
  assert.match(assembler.unfinished ?? "", /^Only 17 of 35 octets/);
  assembler.take(second);
  assert.equal(assembler.unfinished, undefined);
});

const BROKEN: Readonly<Record<string, { frames: readonly CrlFrame[]; says: RegExp }>> = {
  "another SHA-256": { frames: [header({ sha256: "00".repeat(32) }), first, second], says: /SHA-256 differs/ },
  "more octets than announced": { frames: [header(), first, first, second], says: /More octets came/ },
  "an announcement of nothing": { frames: [header({ sizeOctets: "0" })], says: /A CRL of 0 octets/ },
  "an announcement of less than nothing": { frames: [header({ sizeOctets: "-1" })], says: /A CRL of -1 octets/ },
  "an announcement of too much": { frames: [header({ sizeOctets: "268435457" })], says: /A CRL of 268435457 octets/ },
  "pieces without a header": { frames: [first], says: /belongs to no CRL/ },
  "a piece after the last": { frames: [header(), first, second, second], says: /belongs to no CRL/ },
  "a piece without an octet": { frames: [header(), chunk(Buffer.alloc(0))], says: /without an octet/ },
  "a header before the CRL is whole": { frames: [header(), first, header()], says: /Only 17 of 35 octets came\. Then another began/ },
  "serial numbers that have left nothing": { frames: [departures(["0a", "1"])], says: /left no CRL/ },
  "no serial numbers, announced": { frames: [header(), departures()], says: /none came/ },
  "a serial number that left with no number": { frames: [header(), departures(["0a", "x"])], says: /with no number/ },
  "serial numbers without end": {
    frames: [header(), ...Array.from({ length: 101 }, () => many)],
    says: /More than 1000000 serial numbers/,
  },
};

for (const [name, { frames, says }] of Object.entries(BROKEN)) {
  test(`${name}: corrupt`, () => {
    assert.throws(
      () => assemble(frames),
      (error) => error instanceof FramesError && error.code === "CRL_CORRUPT" && says.test(error.message),
    );
  });
}
