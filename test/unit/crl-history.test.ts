import assert from "node:assert/strict";
import { test } from "node:test";
import { createCrlHistory } from "../../services/ca/workflows/crl-history.js";

const SIZE = 10_000;
const changeTo = (octet: number, length = 100) => [{ offset: 0, length: SIZE - length }, new Uint8Array(length).fill(octet)];

test("whoever holds the present CRL gets nothing of it, one of those before it the changes since, and another none", () => {
  const history = createCrlHistory({ sha256: "a", sizeOctets: SIZE });
  assert.deepEqual(history.changeFrom("a"), [{ offset: 0, length: SIZE }]);
  history.add("b", SIZE, changeTo(1));
  history.add("c", SIZE, changeTo(2));
  assert.equal(history.sha256, "c");
  assert.deepEqual(history.changeFrom("c"), [{ offset: 0, length: SIZE }]);
  assert.deepEqual(history.changeFrom("b"), changeTo(2));
  assert.deepEqual(history.changeFrom("a"), changeTo(2));
  assert.equal(history.changeFrom("z"), undefined);
});

test("a change that is not known, or is half the CRL, ends what is remembered", () => {
  for (const change of [undefined, changeTo(1, SIZE / 2), Array.from({ length: 2_001 }, () => new Uint8Array(1))]) {
    const history = createCrlHistory({ sha256: "a", sizeOctets: SIZE });
    history.add("b", SIZE, changeTo(1));
    history.add("c", SIZE, change);
    assert.equal(history.changeFrom("a"), undefined);
    assert.equal(history.changeFrom("b"), undefined);
    history.add("d", SIZE, changeTo(1));
    assert.deepEqual(history.changeFrom("c"), changeTo(1));
  }
});

test("the oldest changes are forgotten when all together are a megabyte", () => {
  const size = 4_000_000;
  const history = createCrlHistory({ sha256: "0", sizeOctets: size });
  const change = [{ offset: 0, length: size - 300_000 }, new Uint8Array(300_000)];
  for (let at = 1; at <= 5; at++) history.add(`${at}`, size, change);
  assert.deepEqual(
    ["0", "1", "2", "3", "4"].map((from) => history.changeFrom(from) !== undefined),
    [false, false, true, true, true],
  );
});
