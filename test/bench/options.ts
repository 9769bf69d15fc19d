import { parseArgs } from "node:util";
import type { Row } from "./figure.js";

export interface BenchOptions {
  readonly rows: readonly Row[];
  /** The long ones that nobody asked for. */
  readonly left: readonly Row[];
  readonly json: boolean;
  readonly write: boolean;
  /** In place of the rows. */
  readonly flame: boolean;
}

/** The command was not understood. */
export class Misunderstanding extends Error {}

export const USAGE = `npm run bench [-- [NAME ...] [--all] [--json] [--write]]
npm run bench -- --flame

  NAME     only the rows whose name holds this
  --all    the rows that take minutes, too; otherwise a NAME finds them only if it finds no others
  --json   one JSON document on standard output (npm run --silent bench -- --json)
  --write  keep the results as docs/benchmarks.md; without a NAME, or the other rows would be lost
  --flame  no rows: where the CA's time goes as it issues and revokes, written as docs/hot-loops.md with its flame graphs`;

/** Reads the command line. Throws Misunderstanding. */
export function readOptions(words: readonly string[], all: readonly Row[]): BenchOptions {
  const { names, all: long, json, write, flame } = parse(words);
  const named = new Set((names.length === 0 ? [""] : names).flatMap((part) => rowsOf(part, all, long)));
  const rows = all.filter((row) => named.has(row));
  const unknown = names.find((part) => !all.some(({ name }) => name.includes(part)));
  if (unknown !== undefined) {
    throw new Misunderstanding(`No row's name holds "${unknown}". They are: ${all.map(({ name }) => name).join("; ")}.`);
  }
  if (write && names.length > 0) {
    throw new Misunderstanding("--write keeps the whole table: run it without a name, or the other rows would be lost.");
  }
  if (flame && words.length > 1) throw new Misunderstanding(`--flame goes alone.\n\n${USAGE}`);
  return { rows, flame, left: names.length === 0 ? all.filter((row) => !rows.includes(row)) : [], json, write };
}

/** The rows whose name holds this; the long ones among them if there are no others, or if they are wanted. */
function rowsOf(part: string, all: readonly Row[], long: boolean): readonly Row[] {
  const held = all.filter(({ name }) => name.includes(part));
  const short = held.filter(({ isLong }) => isLong !== true);
  return long || short.length === 0 ? held : short;
}

function parse(words: readonly string[]): { names: readonly string[] } & Record<"all" | "json" | "write" | "flame", boolean> {
  try {
    const { positionals, values } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        all: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        write: { type: "boolean", default: false },
        flame: { type: "boolean", default: false },
      },
    });
    return { names: positionals, ...values };
  } catch (cause) {
    throw new Misunderstanding(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}`, { cause });
  }
}
