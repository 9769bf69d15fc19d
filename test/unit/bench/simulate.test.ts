import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeCrlEntry } from "../../../services/ca/authority/crl-entry.js";
import { serialNumberFrom } from "../../../services/ca/authority/serial-number.js";
import { AS_IT_COMES, REMEDIES } from "../../bench/simulate/arrangement.js";
import { ASSUMPTIONS } from "../../bench/simulate/assumptions.js";
import { burstOf, worstHour } from "../../bench/simulate/bursts.js";
import { type Constants, constantsFrom, STATED } from "../../bench/simulate/constants.js";
import { demandOf, listedDays } from "../../bench/simulate/demand.js";
import { figuresOf, groupsPerDay } from "../../bench/simulate/figures.js";
import { inGroups } from "../../bench/simulate/groups.js";
import { brokenIn, LIMITS } from "../../bench/simulate/limits.js";
import { lineThrough } from "../../bench/simulate/line.js";
import { randomArrivals, simulateQueue } from "../../bench/simulate/queue.js";
import { lognormal, seeded } from "../../bench/simulate/random.js";
import { FLEETS, reachOf } from "../../bench/simulate/reach.js";
import { readResults } from "../../bench/simulate/read-results.js";
import { simulateRevocations } from "../../bench/simulate/revocation-burst.js";

/** Round figures, so that what comes of them can be told beforehand. */
const CONSTANTS: Constants = {
  issuesPerSecond: 1_000,
  batchIssuesPerSecond: 2_000,
  issueMillis: { p50: 4, p99: 12 },
  enrolmentsPerSecond: 100,
  enrolmentMillis: 40,
  recordMillis: 0.5,
  signedMillis: lineThrough([point(0, 10), point(100_000, 30)]),
  enforcedMillis: lineThrough([point(0, 400), point(100_000, 2_400)]),
  startMillis: lineThrough([point(0, 1_500), point(10_000, 1_700)]),
  megabytes: lineThrough([point(0, 50), point(100_000, 110)]),
  diskOctets: 1_000,
  ocspPerSecond: 10_000,
  ocspWithNoncePerSecond: 4_000,
};

function point(x: number, y: number) {
  return { x, y };
}

test("a line goes through its points, on beyond the last two, and never down there", () => {
  const line = lineThrough([point(100, 30), point(0, 10), point(1_000, 120)]);
  assert.deepEqual([0, 50, 100, 550, 1_000, 2_000].map(line.at), [10, 20, 30, 75, 120, 220]);
  assert.equal(line.measuredTo, 1_000);
  assert.equal(lineThrough([point(1, 5), point(2, 4)]).at(10), 4);
  assert.throws(() => lineThrough([point(1, 5)]), RangeError);
});

test("a lost device is on the CRL for what is left of its certificate, and of the one before that", () => {
  // Renewed after 550 of 825 days: 550 of the one; of the one before, in half of the cases, 137.5.
  assert.equal(listedDays({ lifetimeDays: 825, renewedAt: 2 / 3 }), 618.75);
  assert.equal(listedDays({ lifetimeDays: 100, renewedAt: 1 }), 50);
});

test("a fleet asks for renewals and for what replaces the lost", () => {
  const demand = demandOf(365_000, {
    ...ASSUMPTIONS,
    lifetimeDays: 150,
    renewedAt: 2 / 3,
    lossPerYear: 0.1,
    morningShare: 0.36,
    exchangeDays: 10,
  });
  assert.equal(demand.revocationsPerDay, 100);
  assert.equal(Math.round(demand.issuesPerSecond * 86_400), 3_750);
  assert.equal(demand.issuesInTheMorning, 0.375);
  assert.equal(demand.issuesAfterExchange, 3.65);
  assert.equal(demand.doors, 4);
  assert.equal(demandOf(1, ASSUMPTIONS).doors, 1);
});

test("an entry has as many octets as the CA writes", () => {
  const serialNumber = serialNumberFrom(new Uint8Array(16));
  const entry = encodeCrlEntry({ serialNumber, revokedAt: new Date("2026-11-27T00:00:00Z"), reason: "unspecified" });
  assert.equal(entry.length, STATED.crlEntryOctets.value);
  assert.equal(encodeCrlEntry({ serialNumber, revokedAt: new Date(), reason: "keyCompromise" }).length, STATED.crlEntryOctets.value + 14);
});

test("nothing gets smaller with a larger fleet, as it comes", () => {
  const parts = [
    "enforcedMillis",
    "signedMillis",
    "crlOctets",
    "startMillis",
    "megabytes",
    "storeOctets",
    "backupMillis",
    "enrolmentShare",
    "issueShare",
  ] as const;
  const figures = FLEETS.map((devices) => figuresOf(devices, AS_IT_COMES, CONSTANTS));
  for (const part of parts)
    for (const [at, one] of figures.slice(1).entries())
      assert.ok(one[part] > (figures[at]?.[part] ?? 0), `${part} of ${one.demand.devices}`);
});

test("partitions make what is fetched smaller, and take nothing from an nginx", () => {
  const whole = figuresOf(1e7, AS_IT_COMES, CONSTANTS);
  const parted = figuresOf(1e7, { ...AS_IT_COMES, partitionOctets: 1e6 }, CONSTANTS);
  assert.equal(parted.partitions, Math.ceil(whole.crlOctets / 1e6));
  assert.ok(parted.crlOctets <= 1e6 && parted.signedMillis < whole.signedMillis);
  assert.equal(parted.enforcedMillis, whole.enforcedMillis);
  assert.equal(parted.nginxOctets, whole.nginxOctets);
});

test("OCSP cuts nobody, and its load is what the handshakes are", () => {
  const asked = figuresOf(1e6, { ...AS_IT_COMES, doorsAsk: "ocsp" }, CONSTANTS);
  assert.equal(asked.cutsPerDay, 0);
  assert.equal(asked.ocspShare, (1e6 * 20 * 0.1) / 3_600 / 10_000);
  assert.equal(figuresOf(1e6, AS_IT_COMES, CONSTANTS).ocspShare, 0);
});

test("CAs of their own have each no more than its devices, and as many are needed as hold all", () => {
  const figures = figuresOf(250_000, { ...AS_IT_COMES, devicesPerCa: 100_000 }, CONSTANTS);
  assert.deepEqual([figures.cas, figures.demand.devices], [3, 100_000]);
});

test("as many processes as needed are never full", () => {
  for (const devices of FLEETS) {
    const { enrolmentShare, issueShare, ocspShare } = figuresOf(
      devices,
      { ...AS_IT_COMES, doorsAsk: "ocsp", asManyAsNeeded: { enrolment: true, ca: true } },
      CONSTANTS,
    );
    for (const share of [enrolmentShare, issueShare, ocspShare]) assert.ok(share <= 0.6 + 1e-9, `${share} of ${devices}`);
  }
});

test("a house breaks nothing, and what is broken is named worst first", () => {
  assert.deepEqual(brokenIn(figuresOf(1, AS_IT_COMES, CONSTANTS)), []);
  const broken = brokenIn(figuresOf(1e8, AS_IT_COMES, CONSTANTS)).map(({ short }) => short);
  assert.ok(broken.includes("enforced") && broken.includes("cuts"));
  assert.equal(broken[0], "cuts");
  assert.equal(new Set(LIMITS.map(({ short }) => short)).size, LIMITS.length);
  assert.equal(new Set(REMEDIES.map(({ name }) => name)).size, REMEDIES.length);
});

test("a limit is reached where the figure is it", () => {
  const enforced = LIMITS.find(({ short }) => short === "enforced");
  assert.ok(enforced);
  const reach = reachOf(enforced, AS_IT_COMES, CONSTANTS) ?? 0;
  assert.ok(Math.abs(figuresOf(reach, AS_IT_COMES, CONSTANTS).enforcedMillis - 5_000) < 1);
  assert.equal(reachOf({ ...enforced, most: 1e12 }, AS_IT_COMES, CONSTANTS), undefined);
});

test("work for all who wait: the first alone, those who come meanwhile together", () => {
  assert.deepEqual(
    inGroups([0, 1, 9, 10, 50], () => 10),
    [
      { first: 0, end: 1, doneAt: 10 },
      { first: 1, end: 4, doneAt: 20 },
      { first: 4, end: 5, doneAt: 60 },
    ],
  );
  assert.deepEqual(
    inGroups([], () => 10),
    [],
  );
});

test("the formula for groups says what the simulation of them does", () => {
  const dayMillis = 86_400_000;
  for (const [perDay, millis] of [
    [20_000, 10],
    [50_000, 1_000],
    [200_000, 2_000],
  ] as const) {
    const groups = inGroups(randomArrivals(perDay, perDay / 86_400, seeded(1)), () => millis);
    const simulated = (groups.length * dayMillis) / (groups.at(-1)?.doneAt ?? 1);
    assert.ok(Math.abs(groupsPerDay(perDay, millis) / simulated - 1) < 0.02, `${groupsPerDay(perDay, millis)} and ${simulated}`);
  }
  assert.equal(groupsPerDay(0, 10), 0);
});

test("a lone revocation is recorded, signed and enforced, and a burst makes few CRLs and fewer reloads", () => {
  const times = { recordMillis: 1, signMillis: 10, reloadMillis: 100 };
  assert.deepEqual(simulateRevocations({ ...times, asked: [0] }), { crls: 1, reloads: 1, p50Millis: 111, p99Millis: 111, lastMillis: 111 });
  // The first is recorded alone; the other two together while its CRL is signed, and wait for the reload under way.
  assert.deepEqual(simulateRevocations({ ...times, asked: [0, 0.5, 0.5] }), {
    crls: 2,
    reloads: 2,
    p50Millis: 210.5,
    p99Millis: 210.5,
    lastMillis: 211,
  });
  const { crls, reloads } = burstOf(1e6, 10_000, 10, CONSTANTS);
  assert.ok(reloads < 20 && crls < 1_000 && reloads < crls, `${crls} CRLs, ${reloads} reloads`);
});

test("the same seed gives the same hour", () => {
  assert.deepEqual(worstHour(1e6, CONSTANTS), worstHour(1e6, CONSTANTS));
  assert.equal(worstHour(1, CONSTANTS).revoked, 1);
});

test("a queue is as long as its rate says, and a lone one does not wait", () => {
  const served = { perSecond: 100, lone: { p50: 40, p99: 40 } };
  const [lone, hundred] = [1, 100].map((count) => simulateQueue(new Array(count).fill(0), served, seeded(1)));
  assert.equal(lone?.slowest, 40);
  assert.ok(Math.abs((hundred?.slowest ?? 0) - 1_030) < 20, `${hundred?.slowest}`);
  const random = seeded(2);
  const draws = Array.from({ length: 10_000 }, () => lognormal(random, { p50: 10, p99: 30 })).toSorted((a, b) => a - b);
  assert.ok(Math.abs((draws[5_000] ?? 0) - 10) < 0.5 && Math.abs((draws[9_900] ?? 0) - 30) < 3);
});

test("the committed table of the bench has every row that the model wants", async () => {
  const constants = constantsFrom(await readResults());
  assert.ok(constants.recordMillis > 0 && constants.issuesPerSecond > 0);
});
