import assert from "node:assert/strict";
import { test } from "node:test";
import { createUploadTickets } from "../../../services/enrollment/upload-tickets.js";

const MINUTE = 60_000;
const ANNA = { serialNumber: "01", deviceName: "Anna's phone" };
const BEN = { serialNumber: "02", deviceName: "Ben's phone" };

test("a certificate has one ticket, its newest, whoever else has one", () => {
  const tickets = createUploadTickets(() => 0);
  const [older = "", other = "", newer = ""] = [tickets.issue(ANNA, 0), tickets.issue(BEN, 0), tickets.issue(ANNA, 0)];
  assert.deepEqual([older, other, newer].map(tickets.isGiven), [false, true, true]);
  assert.equal(tickets.take(older), undefined);
  assert.deepEqual(tickets.take(newer), { ...ANNA, endsAt: 10 * MINUTE });
});

test("ten minutes after the redemption all is over, however late a ticket was asked for", () => {
  let now = 0;
  const tickets = createUploadTickets(() => now);
  assert.equal(tickets.issue(ANNA, 10 * MINUTE), undefined);
  // The service may have been started anew meanwhile: what counts is what the CA says.
  const late = tickets.issue(ANNA, 9 * MINUTE) ?? "";
  assert.equal(tickets.take(late)?.endsAt, MINUTE);
  now = MINUTE;
  assert.deepEqual([tickets.isGiven(late), tickets.take(late)], [false, undefined]);
});

test("a ticket can be taken five times", () => {
  const tickets = createUploadTickets(() => 0);
  const ticket = tickets.issue(ANNA, 0) ?? "";
  for (let taken = 0; taken < 5; taken++) assert.notEqual(tickets.take(ticket), undefined);
  assert.equal(tickets.take(ticket), undefined);
});
