export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A figure that grows with something. */
export interface Line {
  at(x: number): number;
  /** The largest that was measured: what lies beyond is reckoned, and nobody has seen it. */
  readonly measuredTo: number;
}

/**
 * Straight from each measured point to the next, and on in the direction of the last two. Noise can make a figure of more look smaller than that
 * of less: beyond the points it does not fall. Throws RangeError for fewer than two.
 */
export function lineThrough(points: readonly Point[]): Line {
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const last = sorted.at(-1);
  const [first, second] = sorted;
  if (first === undefined || second === undefined || last === undefined) throw new RangeError("a line needs two points");
  return {
    measuredTo: last.x,
    at(x) {
      const above = sorted.findIndex((point) => point.x >= x);
      const to = Math.max(1, above === -1 ? sorted.length - 1 : above);
      const [from = first, until = last] = [sorted[to - 1], sorted[to]];
      const slope = (until.y - from.y) / (until.x - from.x);
      if (x > last.x) return last.y + (x - last.x) * Math.max(0, slope);
      if (x < first.x) return Math.max(0, first.y - (first.x - x) * Math.max(0, slope));
      return from.y + (x - from.x) * slope;
    },
  };
}
