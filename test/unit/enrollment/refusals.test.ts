import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { CallError } from "../../../clients/connect/error.js";
import { createRefusals, type RefusalCount } from "../../../services/enrollment/refusals.js";

/** What was reported, at which second. */
let reports: { readonly second: number; readonly counts: readonly RefusalCount[] }[];
let logged: string[];

beforeEach(() => {
  reports = [];
  logged = [];
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_700_000_000_000 });
});
afterEach(() => mock.timers.reset());

function refusals(failing: () => boolean = () => false) {
  const start = Date.now();
  return createRefusals({
    log: (event, fields) => logged.push(`${event} ${fields?.reason ?? ""} ${fields?.address ?? ""}`.trim()),
    report: async (counts) => {
      if (failing()) throw new Error("the CA is away");
      reports.push({ second: (Date.now() - start) / 1000, counts });
    },
  });
}

/** Lets the clock run on by seconds, one at a time, so that what is awaited settles between. */
async function run(seconds: number, each: () => void = () => {}): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    each();
    mock.timers.tick(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("the first refusal is reported after five seconds, as one count for each reason and address", async () => {
  const counted = refusals();
  counted.add("NOT_ON_LAN", "203.0.113.9");
  counted.add("NOT_ON_LAN", "203.0.113.9");
  counted.add("HOST_NOT_ALLOWED", "192.168.1.7");
  await run(6);
  assert.deepEqual(reports, [
    {
      second: 5,
      counts: [
        { reason: "NOT_ON_LAN", address: "203.0.113.9", count: 2 },
        { reason: "HOST_NOT_ALLOWED", address: "192.168.1.7", count: 1 },
      ],
    },
  ]);
  assert.deepEqual(logged, ["enrollment.refused NOT_ON_LAN 203.0.113.9", "enrollment.refused HOST_NOT_ALLOWED 192.168.1.7"]);
});

test("an attack that goes on is reported ever more seldom, an hour apart at last, and nothing of it is lost", async () => {
  const counted = refusals();
  let added = 0;
  await run(6 * 3600, () => {
    counted.add("NOT_ON_LAN", "203.0.113.9");
    added++;
  });
  await counted.close();
  mock.timers.reset();
  const gaps = reports.map(({ second }, at) => Math.round(second - (reports[at - 1]?.second ?? 0)));
  assert.deepEqual(gaps.slice(0, 4), [5, 60, 120, 240]);
  assert.ok(
    gaps.slice(7, -1).every((gap) => gap === 3600),
    String(gaps),
  );
  assert.ok(reports.length < 16);
  assert.equal(
    reports.flatMap(({ counts }) => counts).reduce((sum, { count }) => sum + count, 0),
    added,
  );
  assert.ok(logged.length <= reports.length);
});

test("strangers by the thousand are one count for each reason, in a report of 32 rows at most", async () => {
  const counted = refusals();
  for (let stranger = 0; stranger < 5_000; stranger++) counted.add("NOT_ON_LAN", `2001:db8::${stranger.toString(16)}`);
  counted.add("TOO_MANY_REQUESTS", "192.168.1.9");
  await run(6);
  mock.timers.reset();
  const [{ counts } = { counts: [] }] = reports;
  assert.equal(counts.length, 18);
  assert.deepEqual(counts.slice(16), [
    { reason: "NOT_ON_LAN", address: "", count: 5_000 - 16 },
    { reason: "TOO_MANY_REQUESTS", address: "", count: 1 },
  ]);
  assert.equal(logged.length, 18);
});

test("what can't be reported is kept, and goes with what has come meanwhile", async () => {
  let isAway = true;
  const counted = refusals(() => isAway);
  counted.add("NOT_ON_LAN", "203.0.113.9");
  await run(6);
  isAway = false;
  counted.add("NOT_ON_LAN", "203.0.113.9");
  counted.add("NOT_ON_LAN", "203.0.113.10");
  await run(70);
  assert.deepEqual(
    reports.map(({ counts }) => counts),
    [
      [
        { reason: "NOT_ON_LAN", address: "203.0.113.9", count: 2 },
        { reason: "NOT_ON_LAN", address: "203.0.113.10", count: 1 },
      ],
    ],
  );
});

test("what is no address is counted with the others, and what the CA does not take is not sent for ever", async () => {
  let isRefusing = true;
  const counted = refusals(() => {
    if (isRefusing) throw new CallError("FIELD_INVALID", "A count is a whole number above 0.");
    return false;
  });
  counted.add("NOT_ON_LAN", "[x] with words");
  counted.add("NOT_ON_LAN", "fe80::1%eth0");
  await run(6);
  isRefusing = false;
  counted.add("NOT_ON_LAN", "[x]");
  await run(70);
  assert.deepEqual(
    reports.map(({ counts }) => counts),
    [[{ reason: "NOT_ON_LAN", address: "", count: 1 }]],
  );
});

test("what is left is reported at the end", async () => {
  const counted = refusals();
  counted.add("NOT_ON_LAN", "203.0.113.9");
  await counted.close();
  assert.equal(reports.length, 1);
});
