import assert from "node:assert/strict";
import { test } from "node:test";
import type { NoticeState } from "../../../services/ca/authority/types.js";
import { afterFailure, isTimeFor, MOST_TRIES } from "../../../services/ca/notices/retry.js";

const NOW = new Date("2026-06-01T12:00:00Z");
const HOUR_MILLIS = 3600_000;

/** Fails until it is given up; the tries lie exactly where they are due. */
function schedule(random: () => number): { delays: number[]; end: NoticeState } {
  let state: NoticeState = { kind: "waiting", tries: 0, nextTryAt: NOW, problem: "" };
  const delays: number[] = [];
  while (state.kind === "waiting") {
    const at: Date = state.nextTryAt;
    state = afterFailure(state, "nothing listens there", at, random());
    if (state.kind === "waiting") delays.push(state.nextTryAt.getTime() - at.getTime());
  }
  return { delays, end: state };
}

test("a notice is tried 15 times over about a day, then given up with the last problem", () => {
  const { delays, end } = schedule(() => 0.5);
  assert.deepEqual(
    delays.map((millis) => millis / 1000),
    [30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 14400, 14400, 14400, 14400, 14400],
  );
  const hours = delays.reduce((sum, millis) => sum + millis, 0) / HOUR_MILLIS;
  assert.ok(hours > 23 && hours < 26, `${hours} h`);
  assert.ok(end.kind === "dead" && end.tries === MOST_TRIES && end.problem === "nothing listens there");
});

test("no two notices wait the same time: up to a fifth more or less", () => {
  const [least, most] = [schedule(() => 0).delays, schedule(() => 1).delays];
  assert.deepEqual([least[0], most[0]], [24_000, 36_000]);
  for (const [at, millis] of least.entries()) assert.ok(Math.abs((most[at] ?? 0) / millis - 1.5) < 0.01);
});

test("a try is due at its time; and one that a clock which was ahead has put off for a year is due now", () => {
  const due = (aheadMillis: number) =>
    isTimeFor({ kind: "waiting", tries: 1, nextTryAt: new Date(NOW.getTime() + aheadMillis), problem: "" }, NOW);
  assert.deepEqual([due(-1), due(0), due(1), due(4.5 * HOUR_MILLIS), due(5 * HOUR_MILLIS)], [true, true, false, false, true]);
});
