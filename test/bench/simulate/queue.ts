import { percentile } from "../harness.js";
import { exponential, lognormal, type Random } from "./random.js";

export interface Served {
  readonly perSecond: number;
  /** Of one that comes alone, from its asking to its answer. */
  readonly lone: { readonly p50: number; readonly p99: number };
}

export interface Waits {
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
}

/** Those who come wait until all before them are done, and then as long as a lone one does. @param asked in ms, ascending */
export function simulateQueue(asked: readonly number[], { perSecond, lone }: Served, random: Random): Waits {
  const mean = 1_000 / perSecond;
  // As far apart as the lone ones' times, and as long on average as the rate says.
  const draws = asked.map(() => lognormal(random, { p50: 1, p99: lone.p99 / lone.p50 }));
  const scale = draws.length === 0 ? 0 : (mean * draws.length) / draws.reduce((sum, draw) => sum + draw, 0);
  let freeAt = 0;
  const waits = asked.map((at, index) => {
    const beginsAt = Math.max(freeAt, at);
    freeAt = beginsAt + scale * (draws[index] ?? 0);
    return beginsAt - at + lognormal(random, lone);
  });
  return { p50: percentile(waits, 50), p99: percentile(waits, 99), slowest: percentile(waits, 100) };
}

/** When so many come, at random, so many a second. */
export function randomArrivals(count: number, perSecond: number, random: Random): readonly number[] {
  let at = 0;
  return Array.from({ length: count }, () => {
    at += exponential(random, perSecond / 1_000);
    return at;
  });
}
