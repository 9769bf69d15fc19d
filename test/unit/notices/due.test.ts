import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NoticeRecord, SerialNumber } from "../../../services/ca/authority/types.js";
import { DAY_MILLIS, reachedThreshold, spansToLookAt, untoldChannels } from "../../../services/ca/notices/due.js";

const DAYS = [60, 30, 14, 7, 1];
const ISSUED = new Date("2026-01-01T00:00:00Z");
const after = (days: number, millis = 0) => new Date(ISSUED.getTime() + days * DAY_MILLIS + millis);
const certificate = (days: number) => ({ issuedAt: ISSUED, notAfter: after(days) });

test("each threshold is reached to the millisecond, and the most urgent one counts", () => {
  const reached = (left: number, millis = 0) => reachedThreshold(certificate(825), DAYS, after(825 - left, millis));
  assert.equal(reached(60, -1), undefined);
  for (const days of DAYS) assert.equal(reached(days), days);
  assert.deepEqual([reached(59), reached(30, -1), reached(8), reached(2), reached(0.5)], [60, 60, 14, 7, 1]);
});

test("a certificate that has ended has reached nothing", () => {
  assert.equal(reachedThreshold(certificate(825), DAYS, after(825)), undefined);
  assert.equal(reachedThreshold(certificate(825), DAYS, after(900)), undefined);
});

test("a threshold that lay before the issue is no news, whatever the certificate's life", () => {
  assert.equal(reachedThreshold(certificate(20), DAYS, after(0)), undefined);
  assert.equal(reachedThreshold(certificate(20), DAYS, after(6)), 14);
  assert.equal(reachedThreshold(certificate(30), DAYS, after(0, 1)), undefined);
  assert.equal(reachedThreshold(certificate(0.5), DAYS, after(0.1)), undefined);
});

test("who was told of something as urgent is not told again, and a channel is no other's business", () => {
  const told = (channel: NoticeRecord["channel"], daysBefore: number): NoticeRecord => ({
    channel,
    daysBefore,
    serialNumber: "01" as SerialNumber,
    dueAt: ISSUED,
    state: { kind: "delivered", at: ISSUED },
  });
  const both = ["webhook", "email"] as const;
  assert.deepEqual(untoldChannels(14, [], both), ["webhook", "email"]);
  assert.deepEqual(untoldChannels(14, [told("webhook", 30)], both), ["webhook", "email"]);
  assert.deepEqual(untoldChannels(14, [told("webhook", 14)], both), ["email"]);
  // The settings named 7 days before, and name 14 now.
  assert.deepEqual(untoldChannels(14, [told("webhook", 7), told("email", 1)], both), []);
});

test("looks that follow each other miss no certificate that reaches a threshold, however far they lie apart", () => {
  const looks = fc.array(fc.integer({ min: 1, max: 40 * DAY_MILLIS }), { minLength: 1, maxLength: 30 });
  const thresholds = fc.uniqueArray(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(looks, thresholds, fc.integer({ min: 100, max: 900 }), (gaps, daysBefore, life) => {
      const one = certificate(life);
      const seen = new Set<number>();
      const wanted = new Set<number>();
      let since: Date | undefined;
      let at = ISSUED;
      for (const gap of gaps) {
        at = new Date(at.getTime() + gap);
        const threshold = reachedThreshold(one, daysBefore, at);
        const isLookedAt = spansToLookAt(daysBefore, since, at).some(({ after, upTo }) => one.notAfter > after && one.notAfter <= upTo);
        if (threshold !== undefined) wanted.add(threshold);
        if (threshold !== undefined && isLookedAt) seen.add(threshold);
        since = at;
      }
      assert.deepEqual(seen, wanted);
    }),
  );
});
