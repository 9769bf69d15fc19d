import { performance } from "node:perf_hooks";
import type { Figure, Measured, Row, Unit } from "./figure.js";

export const ROUNDS = 5;
/** Aborted by who wants the bench to end: the next probe throws its reason, and every row is undone on the way out. */
export const interruption = new AbortController();

/** The middle of the values; of an even number, the mean of the two in the middle. Throws RangeError for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError("nothing was measured");
  return (lower + upper) / 2;
}

/** The value that so many percent of them do not exceed (nearest rank). Throws RangeError for none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
  if (value === undefined) throw new RangeError("nothing was measured");
  return value;
}

/** Puts the rounds' values together. Throws RangeError for none, and for what is no measurement (NaN, infinite, negative). */
export function summarize(unit: Unit, values: readonly number[]): Measured {
  const wrong = values.find((value) => !Number.isFinite(value) || value < 0);
  if (wrong !== undefined) throw new RangeError(`${wrong} is no measurement`);
  return { unit, median: median(values), smallest: Math.min(...values), largest: Math.max(...values), rounds: values.length };
}

/**
 * Measures in rounds: each asks every probe once, in turn, so that what the machine does beside reaches all of them alike.
 * A first round warms up (caches, compilers, connections) and is thrown away. Throws what a probe throws, and the interruption.
 */
export async function inRounds<Name extends string>(
  probes: Readonly<Record<Name, () => number | Promise<number>>>,
  rounds = ROUNDS,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(probes) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      interruption.signal.throwIfAborted();
      const value = await probes[name]();
      if (round > 0) values[name].push(value);
    }
  }
  return values;
}

/** Runs a row, and undoes what it has arranged, however it ends. */
export async function runRow(row: Pick<Row, "run">): Promise<readonly Figure[]> {
  const undoing: (() => unknown)[] = [];
  try {
    return await row.run((undo) => undoing.push(undo));
  } finally {
    for (const undo of undoing.toReversed()) await undo();
  }
}

/** What became of a run of rows. */
export interface Outcome {
  readonly done: readonly { readonly row: Row; readonly figures: readonly Figure[] }[];
  readonly failed: readonly { readonly row: Row; readonly error: unknown }[];
}

/** Runs rows one after the other. One that fails says so, and does not keep the others from running. Throws the interruption. */
export async function runRows(rows: readonly Row[], note: (line: string) => void): Promise<Outcome> {
  const done: Outcome["done"][number][] = [];
  const failed: Outcome["failed"][number][] = [];
  for (const row of rows) {
    interruption.signal.throwIfAborted();
    note(`${row.name} …`);
    try {
      const millis = await timed(async () => done.push({ row, figures: await runRow(row) }));
      note(`${row.name}: ${Math.round(millis / 1_000)} s`);
    } catch (error) {
      interruption.signal.throwIfAborted();
      note(`${row.name} FAILED: ${error instanceof Error ? error.stack : String(error)}`);
      failed.push({ row, error });
    }
  }
  return { done, failed };
}

/** How long it takes, in milliseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The median time, in milliseconds, of so many calls one after the other. */
export async function medianTime(times: number, work: () => unknown): Promise<number> {
  const millis: number[] = [];
  for (let at = 0; at < times; at++) millis.push(await timed(work));
  return median(millis);
}
