import { ASSUMPTIONS } from "./assumptions.js";
import type { Constants } from "./constants.js";
import { demandOf } from "./demand.js";
import { randomArrivals, simulateQueue, type Waits } from "./queue.js";
import { seeded } from "./random.js";
import { type BurstOutcome, simulateRevocations } from "./revocation-burst.js";

const SEED = 20_261_127;
const HOUR_SECONDS = 3_600;
/** So many come in each look at a queue: enough for a p99 that does not jump about. */
const LOOKED_AT = 20_000;

/** So many revoked at one moment, or at random moments of some seconds, beside what a fleet of that size has on its CRL. */
export function burstOf(devices: number, count: number, withinSeconds: number, constants: Constants): BurstOutcome {
  const atOnce = Array.from({ length: count }, () => 0);
  const asked = withinSeconds === 0 ? atOnce : randomArrivals(count, count / withinSeconds, seeded(SEED));
  return simulate(asked, demandOf(devices, ASSUMPTIONS).entries + count, constants);
}

/** The hour in which much of a fleet is revoked, at random moments of it; at least one is. */
export function worstHour(devices: number, constants: Constants): BurstOutcome & { readonly revoked: number } {
  const revoked = Math.max(1, Math.round(devices * ASSUMPTIONS.worstHourShare));
  const asked = randomArrivals(revoked, revoked / HOUR_SECONDS, seeded(SEED));
  return { revoked, ...simulate(asked, demandOf(devices, ASSUMPTIONS).entries + revoked, constants) };
}

function simulate(asked: readonly number[], entries: number, constants: Constants): BurstOutcome {
  const signMillis = constants.signedMillis.at(entries);
  const reloadMillis = Math.max(0, constants.enforcedMillis.at(entries) - signMillis);
  return simulateRevocations({ asked, recordMillis: constants.recordMillis, signMillis, reloadMillis });
}

const issuing = ({ issuesPerSecond: perSecond, issueMillis: lone }: Constants) => ({ perSecond, lone });

/** So many certificates wanted at one moment. */
export function issuesAtOnce(count: number, constants: Constants): Waits {
  return simulateQueue(
    Array.from({ length: count }, () => 0),
    issuing(constants),
    seeded(SEED),
  );
}

/** Wanted at random moments, so many that the CA does that part of what it can. */
export function issuesAtShare(share: number, constants: Constants): Waits {
  const random = seeded(SEED);
  return simulateQueue(randomArrivals(LOOKED_AT, constants.issuesPerSecond * share, random), issuing(constants), random);
}
