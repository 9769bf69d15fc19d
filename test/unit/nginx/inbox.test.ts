import assert from "node:assert/strict";
import { test } from "node:test";
import { createInbox } from "../../../clients/nginx/inbox.js";

/** A CRL, with the serial numbers that left with it, each with the first CRL number without it. */
const crl = (name: string, departed: Record<string, bigint> = {}) => ({
  der: Buffer.from(name),
  departed: new Map(Object.entries(departed)),
});
const NEVER = new AbortController().signal;

test("the newest CRL alone is to be enforced; what left in those that were skipped counts", () => {
  const inbox = createInbox(() => 1n);
  inbox.put(crl("second", { aa: 2n }));
  inbox.put(crl("third", { bb: 3n }));
  assert.deepEqual(inbox.newest, crl("third", { aa: 2n, bb: 3n }));
});

test("what left before a CRL that is held by now may not leave again unnamed", () => {
  let held = 1n;
  const inbox = createInbox(() => held);
  inbox.put(crl("second", { aa: 2n }));
  held = 2n;
  inbox.put(crl("third", { bb: 3n }));
  assert.deepEqual(inbox.newest, crl("third", { bb: 3n }));
});

test("to wait ends when a CRL comes, and does not begin when one has come already", async () => {
  const inbox = createInbox(() => undefined);
  const waiting = inbox.wait(undefined, 60_000, NEVER);
  inbox.put(crl("first"));
  await waiting;
  await inbox.wait(undefined, 60_000, NEVER);
  const seen = inbox.newest;
  const again = inbox.wait(seen, 60_000, NEVER);
  inbox.put(crl("second"));
  await again;
});
