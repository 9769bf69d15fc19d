import { type Arrangement, AS_IT_COMES, REMEDIES } from "./arrangement.js";
import { ASSUMPTIONS } from "./assumptions.js";
import { burstOf, issuesAtOnce, issuesAtShare, worstHour } from "./bursts.js";
import { checksOf } from "./checks.js";
import { type Constants, constantsFrom, STATED } from "./constants.js";
import { type Figures, figuresOf } from "./figures.js";
import { brokenIn, LIMITS, type Limit, usedOf } from "./limits.js";
import { FLEETS, reachOf } from "./reach.js";
import type { Results } from "./results.js";
import { showDevices, showMillis, showNumber, showOctets, showShare } from "./show.js";
import { toTable } from "./table.js";

/** Of docs/scaling.md, by the names that its markers have. */
export type Tables = Readonly<Record<string, string>>;

export function tablesFrom(results: Results): Tables {
  const constants = constantsFrom(results);
  return {
    assumptions: assumptionsTable(),
    constants: constantsTable(constants),
    demand: demandTable(constants),
    figures: figuresTable(constants),
    limits: limitsTable(constants),
    breaks: breaksTable(constants),
    remedies: remediesTable(constants),
    needed: neededTable(constants),
    bursts: burstsTable(constants),
    "worst-hour": worstHourTable(constants),
    queue: queueTable(constants),
    checks: checksTable(results, constants),
  };
}

function assumptionsTable(): string {
  const { lifetimeDays, renewedAt, lossPerYear, morningShare, exchangeDays, worstHourShare, handshakesPerDay, handshakesShare } =
    ASSUMPTIONS;
  return toTable(
    ["of a fleet", "taken for granted"],
    [
      [
        "a device's certificate lives",
        `${lifetimeDays} days, and is renewed after ${showNumber(lifetimeDays * renewedAt)}; the one before stays valid`,
      ],
      ["lost, and revoked, in a year", showShare(lossPerYear)],
      ["renewals in a day's busiest hour", showShare(morningShare)],
      ["everybody gets a new certificate after an exchange of the CA within", `${exchangeDays} days`],
      ["revoked within one hour, at the worst", showShare(worstHourShare)],
      ["handshakes of a device in a day", `${handshakesPerDay}, ${showShare(handshakesShare)} of them in the busiest hour`],
      ["devices at each nginx, which has a hook", `up to ${showDevices(ASSUMPTIONS.devicesPerDoor)}`],
      ["what was issued stays in the store", `for the ${ASSUMPTIONS.years} years that are looked at`],
    ],
  );
}

function constantsTable(of: Constants): string {
  const by = (line: Constants["signedMillis"], entries: number) => showMillis(line.at(entries));
  const measured = [
    ["issued in a second", showNumber(of.issuesPerSecond), "issue, P-256, 32 in flight"],
    ["a lone issue", `${showMillis(of.issueMillis.p50)}, p99 ${showMillis(of.issueMillis.p99)}`, "one issue at a time"],
    ["enrolled in a second", showNumber(of.enrolmentsPerSecond), "enrolment, the slowest of 100 at once, own keys"],
    [
      "signed, with 1,000 and 100,000 on the CRL",
      `${by(of.signedMillis, 1_000)} and ${by(of.signedMillis, 100_000)}`,
      "revoke, … on the CRL",
    ],
    ["enforced, with 10 and 100,000", `${by(of.enforcedMillis, 10)} and ${by(of.enforcedMillis, 100_000)}`, "nginx, revoked until refused"],
    [
      "a start, with 100 and 10,000",
      `${by(of.startMillis, 100)} and ${by(of.startMillis, 10_000)}`,
      "start with …: a tenth of them is revoked",
    ],
    [
      "memory, with 0 and 100,000",
      `${showNumber(of.megabytes.at(0))} and ${showNumber(of.megabytes.at(100_000))} MB`,
      "memory after a start, of its own; revoke, memory for it",
    ],
    ["store, for a certificate", `${showNumber(of.diskOctets)} octets`, "disk for a certificate"],
    [
      "OCSP answers in a second",
      `${showNumber(of.ocspPerSecond)}; with a nonce ${showNumber(of.ocspWithNoncePerSecond)}`,
      "OCSP, 16 in flight",
    ],
    ["to record one of many revocations", showMillis(of.recordMillis), "issue, a batch: 1 / issued − 1 / verify + sign"],
  ];
  const stated = [
    ["an entry of a CRL", STATED.crlEntryOctets],
    ["the rest of a CRL", STATED.crlFrameOctets],
    ["a revocation on its way to a hook", STATED.changeOctets],
    ["an entry in an nginx", STATED.nginxEntryOctets],
  ] as const;
  return toTable(
    ["constant", "value", "from"],
    [
      ...measured.map(([what = "", value = "", row = ""]) => [what, value, `bench: ${row}`]),
      ["backed up in a second", showNumber(STATED.backedUpPerSecond.value), STATED.backedUpPerSecond.source],
      ...stated.map(([what, { value, source }]) => [what, `${value} octets`, source]),
    ],
  );
}

/** One row for each power of ten. */
function byFleet(constants: Constants, titles: readonly string[], cells: (figures: Figures, devices: number) => readonly string[]): string {
  const row = (devices: number) => [showDevices(devices), ...cells(figuresOf(devices, AS_IT_COMES, constants), devices)];
  return toTable(["devices", ...titles], FLEETS.map(row));
}

function demandTable(constants: Constants): string {
  const titles = [
    "issued a day",
    "in the morning",
    "after an exchange",
    "revoked a day",
    "on the CRL",
    "in the store",
    "handshakes",
    "doors",
  ];
  return byFleet(constants, titles, ({ demand }) => [
    showNumber(demand.issuesPerSecond * 86_400),
    `${showNumber(demand.issuesInTheMorning)}/s`,
    `${showNumber(demand.issuesAfterExchange)}/s`,
    showNumber(demand.revocationsPerDay),
    showNumber(demand.entries),
    showNumber(demand.certificates),
    `${showNumber(demand.handshakesPerSecond)}/s`,
    showNumber(demand.doors),
  ]);
}

function figuresTable(constants: Constants): string {
  const titles = [
    "signed",
    "enforced",
    "cuts a day",
    "CRL",
    "to a hook a day",
    "were it whole",
    "nginx worker",
    "start",
    "memory",
    "store",
    "backup",
  ];
  return byFleet(constants, titles, (figures) => {
    const about = (text: string) => (figures.isReckoned ? `~ ${text}` : text);
    return [
      about(showMillis(figures.signedMillis)),
      about(showMillis(figures.enforcedMillis)),
      showNumber(figures.cutsPerDay),
      showOctets(figures.crlOctets),
      showOctets(figures.changeOctetsPerDay),
      showOctets(figures.wholeOctetsPerDay),
      about(showOctets(figures.nginxOctets)),
      about(showMillis(figures.startMillis)),
      about(showOctets(figures.megabytes * 1e6)),
      showOctets(figures.storeOctets),
      showMillis(figures.backupMillis),
    ];
  });
}

function limitsTable(constants: Constants): string {
  const row = (limit: Limit) => {
    const reach = reachOf(limit, AS_IT_COMES, constants);
    return [limit.name, showMost(limit), reach === undefined ? "never" : `${showNumber(reach)} devices`, limit.why];
  };
  return toTable(["limit", "at most", "reached with", "why"], LIMITS.map(row));
}

function showMost({ most, unit }: Limit): string {
  switch (unit) {
    case "ms":
      return showMillis(most);
    case "octets":
      return showOctets(most);
    case "share":
      return showShare(most);
    case "a day":
      return `${most} a day`;
  }
}

function breaksTable(constants: Constants): string {
  return byFleet(constants, ["broken", "the nearest", "what carries each"], (figures, devices) => {
    const broken = brokenIn(figures);
    const [nearest] = LIMITS.toSorted((a, b) => usedOf(b, figures) - usedOf(a, figures));
    const used = nearest === undefined ? "" : `${nearest.short}: ${showShare(usedOf(nearest, figures))} of its limit`;
    const carried = broken.map((limit) => `${limit.short}: ${carrierOf(limit, devices, constants)}`);
    return [named(broken) || "nothing", used, carried.join("; ")];
  });
}

/** The first remedy within whose limit it lies. */
function carrierOf(limit: Limit, devices: number, constants: Constants): string {
  return REMEDIES.find((remedy) => usedOf(limit, figuresOf(devices, remedy, constants)) <= 1)?.name ?? "nothing";
}

const named = (limits: readonly Limit[]) => limits.map(({ short }) => short).join(", ");
const LARGE_FLEETS = FLEETS.filter((devices) => devices >= 100_000);

function remediesTable(constants: Constants): string {
  const row = (arrangement: Arrangement) => [
    arrangement.name,
    ...LARGE_FLEETS.map((devices) => named(brokenIn(figuresOf(devices, arrangement, constants))) || "holds"),
  ];
  return toTable(["still broken with", ...LARGE_FLEETS.map(showDevices)], [AS_IT_COMES, ...REMEDIES].map(row));
}

function neededTable(constants: Constants): string {
  const titles = ["enrolment services", "replicas, to issue and to answer OCSP", "partitions of 1 MB", "CAs of 100,000"];
  const count = (devices: number, part: "enrolmentServices" | "replicas" | "partitions" | "cas") =>
    showNumber(Math.max(...REMEDIES.map((remedy) => figuresOf(devices, remedy, constants)[part])));
  const row = (devices: number) => [
    showDevices(devices),
    count(devices, "enrolmentServices"),
    count(devices, "replicas"),
    count(devices, "partitions"),
    count(devices, "cas"),
  ];
  return toTable(["devices", ...titles], LARGE_FLEETS.map(row));
}

const BURSTS = [
  { count: 1, withinSeconds: 0 },
  { count: 100, withinSeconds: 0 },
  { count: 100, withinSeconds: 10 },
  { count: 10_000, withinSeconds: 0 },
  { count: 10_000, withinSeconds: 10 },
];

function burstsTable(constants: Constants): string {
  const rows = [1_000, 1_000_000, 100_000_000].flatMap((devices) =>
    BURSTS.map(({ count, withinSeconds }) => {
      const { crls, reloads, p50Millis, lastMillis } = burstOf(devices, count, withinSeconds, constants);
      const revoked = `${showDevices(count)} ${withinSeconds === 0 ? "at once" : `in ${withinSeconds} s`}`;
      return [showDevices(devices), revoked, showNumber(crls), showNumber(reloads), showMillis(p50Millis), showMillis(lastMillis)];
    }),
  );
  return toTable(["devices", "revoked", "CRLs", "reloads of an nginx", "enforced after, p50", "the last, from the first on"], rows);
}

function worstHourTable(constants: Constants): string {
  const row = (devices: number) => {
    const { revoked, crls, reloads, p50Millis, p99Millis } = worstHour(devices, constants);
    return [
      showDevices(devices),
      showDevices(revoked),
      showNumber(crls),
      showNumber(reloads),
      showMillis(p50Millis),
      showMillis(p99Millis),
    ];
  };
  const titles = ["devices", "revoked", "CRLs", "reloads of an nginx", "enforced after, p50", "p99"];
  return toTable(titles, FLEETS.filter((devices) => devices >= 10_000).map(row));
}

function queueTable(constants: Constants): string {
  const cells = ({ p50, p99, slowest }: ReturnType<typeof issuesAtOnce>) => [p50, p99, slowest].map(showMillis);
  const shares = [0.3, 0.6, 0.8, 0.95].map((share) => [
    `at random, ${showShare(share)} of what it can`,
    ...cells(issuesAtShare(share, constants)),
  ]);
  const atOnce = [100, 1_000, 10_000].map((count) => [`${showDevices(count)} at once`, ...cells(issuesAtOnce(count, constants))]);
  return toTable(["certificates wanted", "p50", "p99", "the slowest"], [...shares, ...atOnce]);
}

function checksTable(results: Results, constants: Constants): string {
  const rows = checksOf(results, constants).map(({ what, unit, model, bench }) => {
    const show = unit === "ms" ? showMillis : showOctets;
    const off = Math.round((model / bench - 1) * 100);
    return [what, show(model), show(bench), `${off > 0 ? "+" : ""}${off} %`];
  });
  return toTable(["", "model", "bench", "off by"], rows);
}
