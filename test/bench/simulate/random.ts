/** Numbers from 0 to 1 (without it), the same ones for the same seed: mulberry32, by Tommy Ettinger, in the public domain. */
export type Random = () => number;

const RANGE = 2 ** 32;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / RANGE;
  };
}

/** Times between those who come at random, so many in each millisecond on average. */
export function exponential(random: Random, perMilli: number): number {
  return -Math.log(1 - random()) / perMilli;
}

/** Of which half lie below the median, and 99 of 100 below the p99. */
export function lognormal(random: Random, { p50, p99 }: { readonly p50: number; readonly p99: number }): number {
  return p50 * Math.exp((Math.log(p99 / p50) / NORMAL_P99) * normal(random));
}

/** 99 of 100 values of a standard normal distribution lie below. */
const NORMAL_P99 = 2.326;

/** Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
