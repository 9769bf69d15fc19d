import assert from "node:assert/strict";
import { test } from "node:test";
import type { CrlNumber, CrlRecord, Der } from "../../services/ca/authority/types.js";
import { createSignedCrls } from "../../services/ca/workflows/signed-crls.js";

const NOW = new Date("2026-11-26T12:00:00Z");
const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);
const crl = (number: number): CrlRecord => ({
  authority: "devices",
  number: BigInt(number) as CrlNumber,
  thisUpdate: minutes(number - 5),
  nextUpdate: minutes(number + 1_000),
  der: new Uint8Array() as Der,
});

test("what is newer than a CRL is counted, and dated by the first of it", () => {
  const signed = createSignedCrls(crl(10));
  for (const number of [11, 13]) signed.add(crl(number), minutes(number));
  assert.deepEqual(signed.since(crl(10).number), { count: 2, firstSignedAt: minutes(11), isWhole: true });
  assert.deepEqual(signed.since(crl(12).number), { count: 1, firstSignedAt: minutes(13), isWhole: true });
  assert.deepEqual(signed.since(crl(13).number), { count: 0, firstSignedAt: undefined, isWhole: true });
  assert.deepEqual(signed.nextUpdateOf(crl(13).number), minutes(1_013));
});

test("of the CRL that lay there at the start it is known when it was signed: thisUpdate is five minutes before", () => {
  assert.deepEqual(createSignedCrls(crl(10)).signedAt(crl(10).number), minutes(10));
});

test("from before the start nothing is known, and that is said", () => {
  const { isWhole, count } = createSignedCrls(crl(10)).since(crl(7).number);
  assert.deepEqual([isWhole, count], [false, 1]);
});

test("the oldest are forgotten, and then it is said, too", () => {
  const signed = createSignedCrls(crl(1));
  for (let number = 2; number <= 1_500; number += 1) signed.add(crl(number), minutes(number));
  assert.equal(signed.signedAt(crl(1).number), undefined);
  assert.equal(signed.since(crl(1).number).isWhole, false);
  assert.deepEqual([signed.since(crl(1_400).number).count, signed.since(crl(1_400).number).isWhole], [100, true]);
});
