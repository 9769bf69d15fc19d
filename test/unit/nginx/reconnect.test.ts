import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConnectionOutcome, createReconnection } from "../../../clients/nginx/reconnect.js";

const AWAY = { sawCrl: false, heldNewer: false, brokeWord: false };
const BROKEN = { ...AWAY, brokeWord: true };
const BROKEN_AFTER_THE_SAME = { ...BROKEN, sawCrl: true };
const BROKEN_AFTER_A_NEWER = { ...BROKEN_AFTER_THE_SAME, heldNewer: true };
const GOOD = { ...AWAY, sawCrl: true };

function waits(...outcomes: readonly ConnectionOutcome[]): number[] {
  const waitAfter = createReconnection();
  return outcomes.map((outcome) => waitAfter(outcome));
}

test("a CA that is away is asked ever more rarely, every quarter of a minute at least, and at once when it was there", () => {
  assert.deepEqual(waits(AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY), [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  assert.deepEqual(waits(AWAY, AWAY, AWAY, GOOD, AWAY), [250, 500, 1_000, 250, 500]);
});

test("a CA that breaks its word is asked ever more rarely, whatever it sends before, until it has something newer", () => {
  assert.deepEqual(waits(BROKEN, BROKEN_AFTER_THE_SAME, BROKEN_AFTER_THE_SAME, BROKEN), [250, 500, 1_000, 2_000]);
  assert.deepEqual(waits(BROKEN, BROKEN, BROKEN_AFTER_A_NEWER, BROKEN), [250, 500, 250, 500]);
});
