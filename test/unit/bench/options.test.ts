import assert from "node:assert/strict";
import { test } from "node:test";
import { Misunderstanding, readOptions } from "../../bench/options.js";

const ROWS = ["list", "revoke, 1,000 on the CRL", "revoke, 100,000 on the CRL"].map((name) => ({ name, about: "", run: async () => [] }));

const chosen = (...words: string[]) => readOptions(words, ROWS).rows.map(({ name }) => name);

test("without a name every row is run, with names those whose name holds one", () => {
  assert.deepEqual(chosen(), ["list", "revoke, 1,000 on the CRL", "revoke, 100,000 on the CRL"]);
  assert.deepEqual(chosen("revoke"), ["revoke, 1,000 on the CRL", "revoke, 100,000 on the CRL"]);
  assert.deepEqual(chosen("100,000", "list"), ["list", "revoke, 100,000 on the CRL"]);
});

test("a name that no row holds is a mistake to be told of, not an empty table", () => {
  assert.throws(() => readOptions(["list", "issu"], ROWS), Misunderstanding);
  assert.throws(() => readOptions(["--jsn"], ROWS), Misunderstanding);
});

test("a part of the table can't be written over the whole", () => {
  assert.throws(() => readOptions(["list", "--write"], ROWS), Misunderstanding);
  assert.deepEqual(readOptions(["--write", "--json"], ROWS), { rows: ROWS, left: [], json: true, write: true, flame: false });
});

test("a row that takes minutes is run when it is named or all are asked for, and is said to be left out otherwise", () => {
  const soak = { name: "soak", about: "", isLong: true, run: async () => [] };
  const rows = [...ROWS, soak];
  assert.deepEqual(readOptions([], rows), { rows: ROWS, left: [soak], json: false, write: false, flame: false });
  assert.deepEqual(readOptions(["soak"], rows).rows, [soak]);
  const million = { ...soak, name: "revoke, 1,000,000 on the CRL" };
  const named = (...words: string[]) => readOptions(words, [...rows, million]).rows.map(({ name }) => name);
  assert.deepEqual(named("revoke"), ["revoke, 1,000 on the CRL", "revoke, 100,000 on the CRL"]);
  assert.deepEqual(named("1,000,000"), ["revoke, 1,000,000 on the CRL"]);
  assert.deepEqual(named("revoke", "--all"), ["revoke, 1,000 on the CRL", "revoke, 100,000 on the CRL", "revoke, 1,000,000 on the CRL"]);
  assert.deepEqual(readOptions(["--all"], rows), { rows, left: [], json: false, write: false, flame: false });
});

test("flame graphs go alone", () => {
  assert.equal(readOptions(["--flame"], ROWS).flame, true);
  assert.throws(() => readOptions(["--flame", "list"], ROWS), /goes alone/);
});
