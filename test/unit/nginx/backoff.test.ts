import assert from "node:assert/strict";
import { test } from "node:test";
import { createBackoff, pause, withJitter } from "../../../clients/nginx/backoff.js";

test("each wait is twice the one before, up to the limit, until something has worked", () => {
  const backoff = createBackoff(250, 1_500);
  assert.deepEqual(
    Array.from({ length: 5 }, () => backoff.next()),
    [250, 500, 1_000, 1_500, 1_500],
  );
  backoff.reset();
  assert.deepEqual([backoff.next(), backoff.next()], [250, 500]);
});

test("jitter stays between a half and one and a half", () => {
  for (let round = 0; round < 1_000; round += 1) {
    const millis = withJitter(1_000);
    assert.ok(millis >= 500 && millis <= 1_500, String(millis));
  }
});

test("a pause ends with any of its signals, and at once when one has fired already", async () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const paused = pause(60_000, one.signal, other.signal);
  other.abort();
  await paused;
  await pause(60_000, one.signal, other.signal);
});
