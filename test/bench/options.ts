import { parseArgs } from "node:util";
import type { Row } from "./figure.js";

export interface BenchOptions {
  readonly rows: readonly Row[];
  readonly json: boolean;
  readonly write: boolean;
}

/** The command was not understood. */
export class Misunderstanding extends Error {}

export const USAGE = `npm run bench [-- [NAME ...] [--json] [--write]]

  NAME     only the rows whose name holds this
  --json   one JSON document on standard output (npm run --silent bench -- --json)
  --write  keep the results as docs/benchmarks.md; all rows, or they would be lost`;

/** Reads the command line. Throws Misunderstanding. */
export function readOptions(words: readonly string[], all: readonly Row[]): BenchOptions {
  const { names, json, write } = parse(words);
  const rows = all.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  const unknown = names.find((part) => !all.some(({ name }) => name.includes(part)));
  if (unknown !== undefined) {
    throw new Misunderstanding(`No row's name holds "${unknown}". They are: ${all.map(({ name }) => name).join("; ")}.`);
  }
  if (write && rows.length < all.length) {
    throw new Misunderstanding("--write keeps the whole table: run it without a name, or the other rows would be lost.");
  }
  return { rows, json, write };
}

function parse(words: readonly string[]): { names: readonly string[]; json: boolean; write: boolean } {
  try {
    const { positionals, values } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { json: { type: "boolean", default: false }, write: { type: "boolean", default: false } },
    });
    return { names: positionals, json: values.json, write: values.write };
  } catch (cause) {
    throw new Misunderstanding(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}`, { cause });
  }
}
