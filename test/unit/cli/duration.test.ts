import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDuration, relative } from "../../../clients/cli/duration.js";
import { CommandError } from "../../../clients/cli/error.js";

test("lengths of time are read in seconds", () => {
  const read = ["10s", "15m", "2h", "30d", "1w", " 5m "].map(parseDuration);
  assert.deepEqual(read, [10, 900, 7200, 2_592_000, 604_800, 300]);
});

for (const text of ["", "10", "m", "1.5h", "-5m", "10 minutes", "1y", "5m5s", "9999999s", "0x10s"]) {
  test(`"${text}" is no length of time: usage`, () => {
    assert.throws(
      () => parseDuration(text),
      (error) => error instanceof CommandError && error.code === "USAGE",
    );
  });
}

test("a time is told from now, in the largest unit that fits", () => {
  const now = new Date("2026-01-01T00:00:00Z");
  const told = [30, 59.6, 899, 3569, 3599.7, -7200, 86_400 * 1.5, 86_400 * 825, -86_400 * 3].map((seconds) =>
    relative(new Date(now.getTime() + seconds * 1000), now),
  );
  assert.deepEqual(told, [
    "in 30 seconds",
    "in 1 minute",
    "in 15 minutes",
    "in 59 minutes",
    "in 1 hour",
    "2 hours ago",
    "in 36 hours",
    "in 825 days",
    "3 days ago",
  ]);
});
