import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createLimits, type Limits } from "../../../services/enrollment/limits.js";

let now: number;
let limits: Limits;
beforeEach(() => {
  now = 0;
  limits = createLimits(() => now);
});

/** How many of so many requests are taken. */
function taken(most: number, address: (at: number) => string): number {
  let count = 0;
  for (let at = 0; at < most; at++) if (limits.take(address(at)) === 0) count++;
  return count;
}

const PHONE = "192.168.1.5";

test("who asks too often is told to wait, and who waited is let in", () => {
  assert.equal(
    taken(1_000, () => PHONE),
    240,
  );
  const waitSeconds = limits.take(PHONE);
  assert.ok(waitSeconds > 0);
  assert.equal(limits.take("192.168.1.6"), 0, "another phone is not kept waiting by it");
  now += waitSeconds * 1_000;
  assert.equal(limits.take(PHONE), 0);
});

test("wrong tokens cost more than right ones", () => {
  for (let wrong = 0; wrong < 30; wrong++) limits.penalise(PHONE);
  assert.ok(limits.take(PHONE) > 0);
  assert.equal(limits.take("192.168.1.6"), 0);
});

test("an address is the same however it is written, and one phone of a /64 does not use up the others' share", () => {
  assert.equal(
    taken(1_000, (at) => ["::ffff:192.168.1.5", PHONE][at % 2] ?? ""),
    240,
  );
  const noisy = "fd00:86:7::1";
  assert.equal(
    taken(1_000, (at) => [noisy, "fd00:86:7:0:0:0:0:1", `${noisy}%eth0`][at % 3] ?? ""),
    240,
  );
  assert.equal(limits.take("fd00:86:7::2"), 0, "the phone beside it");
});

test("a host with all the addresses of its /64 gets that network's share, and leaves the rest of the house theirs", () => {
  assert.equal(
    taken(5_000, (at) => `2001:db8:1:2::${at.toString(16)}`),
    480,
  );
  assert.equal(limits.take("2001:db8:1:3::1"), 0, "another network");
  assert.equal(limits.take(PHONE), 0, "a phone that speaks IPv4");
});

test("all together have a share, too; whoever shows an invitation has one of their own beside it", () => {
  assert.equal(
    taken(10_000, (at) => `10.0.${at % 250}.${Math.floor(at / 250)}`),
    600,
  );
  assert.ok(limits.take("10.1.1.1") > 0);
  assert.equal(limits.takeInvited("an invitation"), 0);
  let more = 0;
  while (limits.takeInvited("an invitation") === 0) more++;
  assert.equal(more, 239);
  assert.equal(limits.takeInvited("another invitation"), 0);
});

test("addresses without end fill no memory", () => {
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < 200_000; at++) limits.penalise(`2001:db8::${(at >> 16).toString(16)}:${(at & 0xffff).toString(16)}`);
  assert.ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
});
