/** Rates should be large; times, memory and octets small. */
export type Unit = "/s" | "ms" | "MB" | "octets";

/** What was measured: the median of its rounds, and how far they lie apart. */
export interface Measured {
  readonly unit: Unit;
  readonly median: number;
  readonly smallest: number;
  readonly largest: number;
  readonly rounds: number;
}

/** What a value is held against, measured in the same rounds. */
export interface Reference {
  readonly what: string;
  readonly measured: Measured;
}

/** One line of the table. */
export interface Figure {
  readonly name: string;
  readonly value: Measured;
  /** What no implementation could beat: the bare operations that the figure can't do without. */
  readonly limit?: Reference;
  /** What another program needs for the same. */
  readonly peer?: Reference;
}

/** Says how to undo what was arranged; done at the end, last first, whatever has happened in between. */
export type After = (undo: () => unknown) => void;

/** A part of the bench that is run as a whole: it arranges a world, and measures it in rounds. */
export interface Row {
  /** `npm run bench -- NAME` finds it by this. */
  readonly name: string;
  /** What is measured and how, for who reads the table. */
  readonly about: string;
  /** It takes minutes: run when it is named, or with --all. */
  readonly isLong?: boolean;
  run(after: After): Promise<readonly Figure[]>;
}

/** How many times the reference the value is. Throws RangeError for two units, which have no ratio. */
export function ratio(value: Measured, { measured }: Reference): number {
  if (value.unit !== measured.unit) throw new RangeError(`${value.unit} can't be compared with ${measured.unit}`);
  return value.median / measured.median;
}
