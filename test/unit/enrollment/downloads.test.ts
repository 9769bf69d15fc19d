import assert from "node:assert/strict";
import { test } from "node:test";
import { Downloads } from "../../../services/enrollment/downloads.js";

const MINUTE = 60_000;
const bundleOf = (serialNumber: string, text = serialNumber) => ({
  fileName: "phone.mobileconfig",
  contentType: "application/x-apple-aspen-config",
  serialNumber,
  content: Buffer.from(text),
});

function arrange() {
  const clock = { now: 0 };
  const downloads = new Downloads(() => clock.now);
  const textAt = (address: string) => {
    const found = downloads.get(address);
    return found === undefined ? undefined : Buffer.from(found.content).toString();
  };
  return { clock, downloads, textAt };
}

test("uploads without end push out no bundle that the service has packed, and no other guest's", async () => {
  const { downloads, textAt } = arrange();
  const packed = await downloads.once("form", async () => bundleOf("packed"));
  const uploads = Array.from({ length: 256 }, (_, at) => downloads.keepUpload(bundleOf(`guest ${at}`), 10 * MINUTE));
  assert.throws(() => downloads.keepUpload(bundleOf("one too many"), 10 * MINUTE), { reason: "TOO_MANY_REQUESTS" });
  assert.equal(textAt(packed), "packed");
  assert.equal(textAt(uploads[0] ?? ""), "guest 0");
  // Who has a place already keeps it.
  const again = downloads.keepUpload(bundleOf("guest 0", "newer"), 10 * MINUTE);
  assert.deepEqual([textAt(uploads[0] ?? ""), textAt(again)], [undefined, "newer"]);
});

test("where there is no room for a bundle nothing is made, and those that wait stay", async () => {
  const { clock, downloads, textAt } = arrange();
  const first = await downloads.once("form 0", async () => bundleOf("0"));
  for (let at = 1; at < 256; at++) await downloads.once(`form ${at}`, async () => bundleOf(String(at)));
  let isMade = false;
  const make = async () => {
    isMade = true;
    return bundleOf("256");
  };
  await assert.rejects(downloads.once("form 256", make), { reason: "TOO_MANY_REQUESTS" });
  assert.deepEqual([isMade, textAt(first)], [false, "0"]);
  assert.equal(await downloads.once("form 0", make), first);
  clock.now += 10 * MINUTE;
  assert.equal(textAt(await downloads.once("form 256", make)), "256");
});

test("a form leads to its bundle for as long as that is there, and never to an address where nothing is any more", async () => {
  const { clock, downloads, textAt } = arrange();
  const make = async () => {
    clock.now += MINUTE;
    return bundleOf("packed");
  };
  const address = await downloads.once("form", make);
  clock.now += 10 * MINUTE - 1;
  assert.equal(await downloads.once("form", make), address);
  clock.now += 1;
  const next = await downloads.once("form", make);
  assert.deepEqual([textAt(address), textAt(next)], [undefined, "packed"]);
});

test("what was uploaded late ends with its enrolment's time, and holds nothing open beyond", () => {
  const { clock, downloads, textAt } = arrange();
  clock.now = 9 * MINUTE;
  const address = downloads.keepUpload(bundleOf("late"), 10 * MINUTE);
  assert.deepEqual([textAt(address), downloads.isEmpty], ["late", false]);
  clock.now = 10 * MINUTE;
  assert.deepEqual([textAt(address), downloads.isEmpty], [undefined, true]);
});

test("what failed is tried anew", async () => {
  const { downloads, textAt } = arrange();
  const fail = async () => {
    throw new Error("the CA is away");
  };
  await assert.rejects(downloads.once("form", fail), /away/);
  assert.equal(textAt(await downloads.once("form", async () => bundleOf("packed"))), "packed");
});
