import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { inRounds, interruption, median, medianTime, percentile, runRow, runRows, summarize, timed } from "../../bench/harness.js";

test("the median is the middle value, or the mean of the two in the middle; the order does not matter", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
  // Not the order of their texts.
  assert.equal(median([100, 20, 3]), 20);
  assert.throws(() => median([]), RangeError);
});

test("a percentile is the value that so many percent do not exceed", () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
  assert.equal(percentile(hundred, 99), 99);
  assert.equal(percentile(hundred, 50), 50);
  assert.equal(percentile([3, 1], 99), 3);
  assert.equal(percentile([7], 0), 7);
  assert.throws(() => percentile([], 50), RangeError);
});

test("a summary says the median and how far the rounds lie apart", () => {
  assert.deepEqual(summarize("ms", [12, 10, 17]), { unit: "ms", median: 12, smallest: 10, largest: 17, rounds: 3 });
});

test("what is no measurement is refused, not averaged away", () => {
  for (const values of [[], [1, Number.NaN], [1, Number.POSITIVE_INFINITY], [-1, 1]])
    assert.throws(() => summarize("/s", values), RangeError, String(values));
});

test("each round asks every probe in turn, and the first one, which warms up, is thrown away", async () => {
  const asked: string[] = [];
  const probe = (name: string) => () => asked.push(name);
  const values = await inRounds({ value: probe("value"), limit: probe("limit") }, 2);
  assert.deepEqual(asked, ["value", "limit", "value", "limit", "value", "limit"]);
  assert.deepEqual(values, { value: [3, 5], limit: [4, 6] });
});

test("a probe that fails ends the rounds: there is no table with a hole in it", async () => {
  const broken = () => Promise.reject(new Error("the CA is gone"));
  await assert.rejects(inRounds({ value: () => 1, broken }), /the CA is gone/);
});

test("what a row has arranged is undone, last first, also when it fails", async () => {
  const undone: string[] = [];
  const row = {
    run: async (after: (undo: () => void) => void) => {
      after(() => undone.push("CA"));
      after(() => undone.push("nginx"));
      throw new Error("no answer");
    },
  };
  await assert.rejects(runRow(row), /no answer/);
  assert.deepEqual(undone, ["nginx", "CA"]);
});

test("a row that fails is said to have failed, and the others are run", async () => {
  const rows = [
    { name: "issue", about: "", run: () => Promise.reject(new Error("no answer")) },
    { name: "list", about: "", run: async () => [] },
  ];
  const lines: string[] = [];
  const { done, failed } = await runRows(rows, (line) => lines.push(line));
  assert.deepEqual(
    done.map(({ row }) => row.name),
    ["list"],
  );
  assert.deepEqual(
    failed.map(({ row }) => row.name),
    ["issue"],
  );
  assert.match(lines.join("\n"), /^issue FAILED: Error: no answer$/m);
});

test("work is timed until its promise is kept, one call after the other, and the median time is the answer", async (t) => {
  let clock = 0;
  t.mock.method(performance, "now", () => clock);
  let underWay = 0;
  const takes = (millis: number) => async () => {
    underWay += 1;
    assert.equal(underWay, 1, "two calls at a time");
    await new Promise((resolve) => setImmediate(resolve));
    clock += millis;
    underWay -= 1;
  };
  assert.equal(await timed(takes(7)), 7);
  const times = [30, 1, 2];
  assert.equal(await medianTime(3, () => takes(times.shift() ?? 0)()), 2);
});

// The last one: an interruption is for good.
test("an interrupted bench ends at the next probe", async () => {
  const asked: string[] = [];
  const first = () => {
    interruption.abort(new Error("Ctrl-C"));
    return asked.push("first");
  };
  await assert.rejects(inRounds({ first, second: () => asked.push("second") }), /Ctrl-C/);
  assert.deepEqual(asked, ["first"]);
});
