import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefreshDue } from "../../services/ca/workflows/crl-refresh.js";

/** Hours of some days, in this host's time zone. */
const at = (day: number, hour: number, minute = 0) => new Date(2026, 0, day, hour, minute);

test("the daily CRL is signed once a night, in the quiet hour", () => {
  const signed = at(10, 3, 1);
  const due: string[] = [];
  for (let minutes = 0; minutes < 3 * 24 * 60; minutes += 30) {
    const now = new Date(signed.getTime() + minutes * 60_000);
    if (isRefreshDue(signed, now, 3)) {
      due.push(now.toString());
      break;
    }
  }
  assert.deepEqual(due, [at(11, 3, 1).toString()]);
});

test("one of a revocation by day is followed by the next night's; one of this night is enough for the night", () => {
  assert.ok(isRefreshDue(at(10, 16), at(11, 3), 3));
  assert.ok(!isRefreshDue(at(10, 16), at(10, 23, 59), 3));
  assert.ok(!isRefreshDue(at(11, 2, 50), at(11, 3), 3));
  assert.ok(isRefreshDue(at(11, 2, 50), at(12, 3), 3));
});

test("a quiet hour that never was (the host was off, the clock was put forward) puts it off by hours alone", () => {
  assert.ok(!isRefreshDue(at(10, 3, 30), at(11, 4), 3));
  assert.ok(isRefreshDue(at(10, 3, 30), at(11, 7, 30), 3));
  assert.ok(isRefreshDue(at(1, 3), at(10, 12), 3));
});
