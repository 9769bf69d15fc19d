import type { Assumptions } from "./assumptions.js";

/** What a fleet asks of its CA. */
export interface Demand {
  readonly devices: number;
  /** Renewals, and what replaces the lost, evenly over the year. */
  readonly issuesPerSecond: number;
  /** In the busiest hour of a usual day. */
  readonly issuesInTheMorning: number;
  /** In the busiest hour while every device is on its way to a new CA. */
  readonly issuesAfterExchange: number;
  readonly revocationsPerDay: number;
  /** Revoked certificates that have not ended: what the CRL lists. */
  readonly entries: number;
  /** Certificates in the store, after the years that are assumed. */
  readonly certificates: number;
  readonly handshakesPerSecond: number;
  readonly doors: number;
}

const DAYS_A_YEAR = 365;
const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3_600;

export function demandOf(devices: number, assumed: Assumptions): Demand {
  const cycleDays = assumed.lifetimeDays * assumed.renewedAt;
  const lostPerDay = (devices * assumed.lossPerYear) / DAYS_A_YEAR;
  const issuedPerDay = devices / cycleDays + lostPerDay;
  const busiest = (perDay: number) => (perDay * assumed.morningShare) / HOUR_SECONDS;
  return {
    devices,
    issuesPerSecond: issuedPerDay / DAY_SECONDS,
    issuesInTheMorning: busiest(issuedPerDay),
    issuesAfterExchange: busiest(devices / assumed.exchangeDays),
    revocationsPerDay: lostPerDay,
    entries: lostPerDay * listedDays(assumed),
    certificates: devices + issuedPerDay * DAYS_A_YEAR * assumed.years,
    handshakesPerSecond: (devices * assumed.handshakesPerDay * assumed.handshakesShare) / HOUR_SECONDS,
    doors: Math.max(1, Math.ceil(devices / assumed.devicesPerDoor)),
  };
}

/**
 * How many days of a CRL a lost device takes, on average. Its certificate is of any age up to its renewal; of the one before, which was not
 * revoked when it was renewed, what is left.
 */
export function listedDays({ lifetimeDays, renewedAt }: Pick<Assumptions, "lifetimeDays" | "renewedAt">): number {
  const cycle = lifetimeDays * renewedAt;
  const overlap = Math.min(lifetimeDays - cycle, cycle);
  return lifetimeDays - cycle / 2 + overlap ** 2 / (2 * cycle);
}
