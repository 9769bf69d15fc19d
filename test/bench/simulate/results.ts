import type { Unit } from "../figure.js";

/** What the bench has measured of one figure: medians. */
export interface BenchFigure {
  readonly name: string;
  readonly value: Quantity;
  readonly limit?: Quantity;
}

export interface Quantity {
  readonly unit: Unit;
  readonly median: number;
}

/** The bench's output can't be used: it is no such output, or lacks a row. */
export class UnusableResults extends Error {}

/** The bench's output, by the names of its rows. */
export interface Results {
  /** In `/s`, `ms`, `MB` or `octets`. Throws UnusableResults where there is no such row, or another unit. */
  value(name: string, unit: Unit): number;
  /** Of what the value is held against. */
  limit(name: string, unit: Unit): number;
  has(name: string): boolean;
  /** Every row whose name is like this, by the number that stands for `#` ("revoke, # on the CRL"), ascending. */
  series(pattern: string): readonly { readonly at: number; readonly name: string }[];
}

/** @param from where they were read, for who is told that something is missing */
export function resultsOf(figures: readonly BenchFigure[], from: string): Results {
  const byName = new Map(withWholeNames(figures).map((figure) => [figure.name, figure]));

  function median(name: string, part: "value" | "limit", unit: Unit): number {
    const found = byName.get(name);
    if (found === undefined) throw new UnusableResults(`${from} has no row "${name}": make it anew by \`npm run bench -- --write\`.`);
    const quantity = found[part];
    if (quantity?.unit !== unit)
      throw new UnusableResults(`The ${part} of "${name}" in ${from} is in ${quantity?.unit ?? "nothing"}, not in ${unit}.`);
    return quantity.median;
  }

  return {
    value: (name, unit) => median(name, "value", unit),
    limit: (name, unit) => median(name, "limit", unit),
    has: (name) => byName.has(name),
    series(pattern) {
      const [before = "", after = ""] = pattern.split("#");
      const numbered = [...byName.keys()].map((name) => ({ name, at: numberBetween(name, before, after) }));
      return numbered.filter(({ at }) => !Number.isNaN(at)).toSorted((a, b) => a.at - b.at);
    },
  };
}

const SAME = "the same, ";

/** "the same, of its own" belongs to the row before it. */
function withWholeNames(figures: readonly BenchFigure[]): readonly BenchFigure[] {
  let last = "";
  return figures.map((figure) => {
    if (figure.name.startsWith(SAME)) return { ...figure, name: `${last}, ${figure.name.slice(SAME.length)}` };
    last = figure.name;
    return figure;
  });
}

/** `100,000` as 100000; NaN for any other name. */
function numberBetween(name: string, before: string, after: string): number {
  if (!name.startsWith(before) || !name.endsWith(after)) return Number.NaN;
  const digits = name.slice(before.length, name.length - after.length);
  return /^\d+(,\d{3})*$/.test(digits) ? Number(digits.replaceAll(",", "")) : Number.NaN;
}
