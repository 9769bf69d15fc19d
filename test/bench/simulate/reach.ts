import type { Arrangement } from "./arrangement.js";
import type { Constants } from "./constants.js";
import { figuresOf } from "./figures.js";
import { type Limit, usedOf } from "./limits.js";

/** From one house to a hundred million devices. */
export const FLEETS: readonly number[] = Array.from({ length: 9 }, (_, power) => 10 ** power);
/** Halvings: more than enough for three digits. */
const STEPS = 40;

/** With how many devices a limit is first reached; undefined where no fleet of up to 10⁸ reaches it. */
export function reachOf(limit: Limit, arrangement: Arrangement, constants: Constants): number | undefined {
  const holds = (devices: number) => usedOf(limit, figuresOf(devices, arrangement, constants)) <= 1;
  const broken = FLEETS.find((devices) => !holds(devices));
  if (broken === undefined) return undefined;
  let [low, high] = [broken / 10, broken];
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return Math.floor(low);
}
