import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { ChangeError, createFrameAssembler, FramesError } from "../../../clients/connect/crl-frames.js";
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

const HELD = Buffer.from("a CRL, before that for all this file knew");
const HELD_SHA256 = createHash("sha256").update(HELD).digest("hex");
const change = (misfit: Partial<CrlHeader> = {}) => header({ fromSha256: HELD_SHA256, ...misfit });
const copied = (offset: number, sizeOctets: number): CrlFrame => ({ frame: { $case: "copied", value: { offset, sizeOctets } } });

function assemble(frames: readonly CrlFrame[]) {
  const assembler = createFrameAssembler(new Map([[HELD_SHA256, HELD]]));
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

test("a CRL comes as a change to one that is held, and says how much came", () => {
  const [crl] = assemble([change(), departures(["0a", "1"]), copied(0, 7), copied(HELD.indexOf("for all "), 8), chunk(DER.subarray(15))]);
  assert.deepEqual([crl?.der, crl?.cameOctets, crl?.departed.size], [DER, 20, 1]);
  const [same] = assemble([change({ sizeOctets: String(HELD.length), sha256: HELD_SHA256 }), copied(0, HELD.length)]);
  assert.deepEqual([same?.der, same?.cameOctets], [HELD, 0]);
});

const UNFIT: Readonly<Record<string, { frames: readonly CrlFrame[]; says: RegExp }>> = {
  "a change to another CRL": { frames: [change({ fromSha256: "00".repeat(32) })], says: /not held/ },
  "a change that makes other octets": { frames: [change(), copied(0, DER.length)], says: /SHA-256 differs/ },
  "a range past the end of what is held": { frames: [change(), copied(HELD.length - 1, 2)], says: /does not have/ },
  "a range of which the end can't be counted": { frames: [change(), copied(0xffffffff, 0xffffffff)], says: /does not have/ },
  "a range of nothing": { frames: [change(), copied(3, 0)], says: /without an octet/ },
  "a change to more than was announced": { frames: [change(), copied(0, 30), copied(0, 30)], says: /More octets came/ },
};

for (const [name, { frames, says }] of Object.entries(UNFIT)) {
  test(`${name}: the whole may be good`, () => {
    assert.throws(
      () => assemble(frames),
      (error) => error instanceof ChangeError && says.test(error.message),
    );
  });
}

test("octets of a CRL that nobody has named are corrupt", () => {
  for (const frames of [[header(), copied(0, 3)], [copied(0, 3)]]) {
    assert.throws(() => assemble(frames), { name: "FramesError", message: /not which CRL/ });
  }
});

test("whatever frames come, a CRL has the octets that its header announced, or there is a sentence why not", () => {
  const size = fc.nat(HELD.length + 2);
  const any = fc.oneof(
    fc.constantFrom(
      header(),
      change(),
      change({ sizeOctets: String(HELD.length), sha256: HELD_SHA256 }),
      change({ fromSha256: "x" }),
      first,
      second,
    ),
    fc.tuple(size, size).map(([offset, length]) => copied(offset, length)),
    fc.uint8Array({ maxLength: 20 }).map((octets) => chunk(Buffer.from(octets))),
  );
  let whole = 0;
  const right = fc.constantFrom([change(), copied(0, 7), chunk(DER.subarray(7))], [header(), first, second]);
  const frames = fc.tuple(fc.oneof(right, fc.constant([])), fc.array(any, { maxLength: 12 })).map(([before, more]) => [...before, ...more]);
  fc.assert(
    fc.property(frames, (some) => {
      try {
        for (const { header: announced, der } of assemble(some)) {
          whole += 1;
          assert.equal(createHash("sha256").update(der).digest("hex"), announced.sha256);
        }
      } catch (error) {
        assert.ok(error instanceof FramesError, String(error));
      }
    }),
    { numRuns: 3_000 },
  );
  assert.ok(whole > 100, "hardly any frames made a CRL");
});
