import type { Figures } from "./figures.js";

/** What may not be exceeded, and why it is there. */
export interface Limit {
  readonly name: string;
  /** In a cell of a table. */
  readonly short: string;
  readonly most: number;
  readonly unit: "ms" | "share" | "a day" | "octets";
  readonly why: string;
  of(figures: Figures): number;
}

/** With more of what it can, those who come wait for those before them (see the table of the queue). */
export const FULL_SHARE = 0.6;
/** Just at the limit is within it, whatever the last digit of a sum says. */
const ROUNDING = 1 + 1e-9;

export const LIMITS: readonly Limit[] = [
  {
    name: "a revocation is enforced",
    short: "enforced",
    most: 5_000,
    unit: "ms",
    why: "that is what “at once” means here",
    of: ({ enforcedMillis }) => enforcedMillis,
  },
  {
    name: "a revocation cuts who is connected to a door",
    short: "cuts",
    most: 24,
    unit: "a day",
    why: "each time all open connections of that nginx end, whoever they belong to: once an hour",
    of: ({ cutsPerDay }) => cutsPerDay,
  },
  {
    name: "enrolling, at the busiest",
    short: "enrolling",
    most: FULL_SHARE,
    unit: "share",
    why: "beyond, who comes waits for those before",
    of: ({ enrolmentShare }) => enrolmentShare,
  },
  {
    name: "issuing, at the busiest",
    short: "issuing",
    most: FULL_SHARE,
    unit: "share",
    why: "the same, at the CA",
    of: ({ issueShare }) => issueShare,
  },
  {
    name: "OCSP answers, at the busiest",
    short: "OCSP",
    most: FULL_SHARE,
    unit: "share",
    why: "the same; a door whose question is not answered refuses",
    of: ({ ocspShare }) => ocspShare,
  },
  {
    name: "the CRL that is fetched",
    short: "CRL",
    most: 10e6,
    unit: "octets",
    why: "a program that fetches it by HTTP, daily, on any line",
    of: ({ crlOctets }) => crlOctets,
  },
  {
    name: "a start of the CA",
    short: "start",
    most: 5_000,
    unit: "ms",
    why: "who revokes meanwhile waits for it: no longer than for the rest",
    of: ({ startMillis }) => startMillis,
  },
  {
    name: "the CA's memory",
    short: "memory",
    most: 2e9,
    unit: "octets",
    why: "a small host, and Node's own default for its heap",
    of: ({ megabytes }) => megabytes * 1e6,
  },
  {
    name: "a worker of nginx, for the CRL",
    short: "nginx's memory",
    most: 1e9,
    unit: "octets",
    why: "twice that while old workers end",
    of: ({ nginxOctets }) => nginxOctets,
  },
  {
    name: "the store",
    short: "store",
    most: 100e9,
    unit: "octets",
    why: "one process on one disk",
    of: ({ storeOctets }) => storeOctets,
  },
  {
    name: "a backup",
    short: "backup",
    most: 3_600_000,
    unit: "ms",
    why: "it is the whole store in one stream, and somebody waits for it daily",
    of: ({ backupMillis }) => backupMillis,
  },
];

/** How much of it is used: more than 1 is broken. */
export function usedOf(limit: Limit, figures: Figures): number {
  return limit.of(figures) / limit.most;
}

/** What is broken, the worst first. */
export function brokenIn(figures: Figures): readonly Limit[] {
  return LIMITS.filter((limit) => usedOf(limit, figures) > ROUNDING).toSorted((a, b) => usedOf(b, figures) - usedOf(a, figures));
}
