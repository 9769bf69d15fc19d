import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "../../services/ca/workflows/clock.js";

const NOON = Date.parse("2026-06-01T12:00:00Z");
const at = (millis: number) => new Date(NOON + millis);

function clockAt(newestInStore: Date, buildTime: Date) {
  let reading = NOON;
  const clock = createClock(newestInStore, buildTime, () => new Date(reading));
  return {
    clock,
    set(millis: number) {
      reading = NOON + millis;
    },
  };
}

test("a clock that goes on gives its own time", () => {
  const { clock, set } = clockAt(at(-1), at(-2));
  assert.deepEqual(clock.signingTime(), at(0));
  set(5);
  assert.deepEqual(clock.signingTime(), at(5));
});

test("a clock that is set back by less than a minute stands still, and never goes back", () => {
  const { clock, set } = clockAt(at(-1), at(-1));
  clock.signingTime();
  set(-59_999);
  assert.deepEqual(clock.signingTime(), at(0));
  set(-30_000);
  assert.deepEqual(clock.signingTime(), at(0));
  set(1);
  assert.deepEqual(clock.signingTime(), at(1));
});

test("to look at the clock changes nothing: one that was ahead for a moment holds up no signature", () => {
  const { clock, set } = clockAt(at(-1), at(-1));
  set(3_600_000);
  assert.equal(clock.trouble(), undefined);
  clock.now();
  set(0);
  assert.deepEqual(clock.signingTime(), at(0));
});

for (const [what, newest, build] of [
  ["the newest time in the store", at(60_001), at(-1)],
  ["the time of the build", at(-1), at(60_001)],
] as const) {
  test(`a clock that is a minute before ${what} signs nothing, and says what to do`, () => {
    const { clock, set } = clockAt(newest, build);
    assert.throws(() => clock.signingTime(), { code: "CLOCK_BEHIND", message: /check NTP/ });
    assert.equal(clock.trouble()?.code, "CLOCK_BEHIND");
    set(60_001);
    assert.equal(clock.trouble(), undefined);
    assert.deepEqual(clock.signingTime(), at(60_001));
  });
}
