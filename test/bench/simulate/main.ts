import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { note, print } from "../../../clients/cli/terminal.js";
import { Misunderstanding } from "../options.js";
import { writeDocument } from "../write-document.js";
import { readResults } from "./read-results.js";
import { UnusableResults } from "./results.js";
import { NoSuchSection, withTables } from "./sections.js";
import { type Tables, tablesFrom } from "./tables.js";

// npm run simulate: what breaks first, from one house to 10⁸ devices. scripts/simulate.mjs runs the built file.

const USAGE = `npm run simulate [-- FILE | --write]

  FILE     what \`npm run --silent bench -- --json\` has printed; without one, docs/benchmarks.md
  --write  put the tables into docs/scaling.md, made from docs/benchmarks.md`;

const SCALING = "scaling.md";
const PAPER = fileURLToPath(new URL(`../../../../docs/${SCALING}`, import.meta.url));

try {
  const { file, write } = readArguments(process.argv.slice(2));
  const tables = tablesFrom(await readResults(file));
  if (write) await writeTables(tables);
  else for (const [name, table] of Object.entries(tables)) print(`${name}\n\n${table}\n`);
} catch (error) {
  if (!(error instanceof Misunderstanding || error instanceof UnusableResults || error instanceof NoSuchSection)) throw error;
  note(error.message);
  process.exitCode = error instanceof Misunderstanding ? 2 : 1;
}

async function writeTables(tables: Tables): Promise<void> {
  await writeDocument(SCALING, withTables(await readFile(PAPER, "utf8"), tables));
  note("Written to docs/scaling.md. What its prose says of them is yours to read again.");
}

/** Throws Misunderstanding. */
function readArguments(words: readonly string[]): { readonly file: string | undefined; readonly write: boolean } {
  const { positionals, values } = parse(words);
  const [file, ...more] = positionals;
  if (more.length > 0) throw new Misunderstanding(`One file at most.\n\n${USAGE}`);
  if (values.write && file !== undefined)
    throw new Misunderstanding("docs/scaling.md is made from docs/benchmarks.md, so that both say the same: --write goes without a file.");
  return { file, write: values.write };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], allowPositionals: true, options: { write: { type: "boolean", default: false } } });
  } catch (cause) {
    throw new Misunderstanding(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}`, { cause });
  }
}
