import { printTable } from "../../clients/cli/table.js";
import { note, print, printJson } from "../../clients/cli/terminal.js";
import { type Results, toDocument } from "./document.js";
import { type Figure, type Reference, ratio } from "./figure.js";
import { writeFlames } from "./flame/flames.js";
import { interruption, type Outcome, runRows } from "./harness.js";
import { machineLine, readMachine } from "./machine.js";
import { type BenchOptions, Misunderstanding, readOptions } from "./options.js";
import { ROWS } from "./rows.js";
import { COLUMNS } from "./table.js";
import { writeDocument } from "./write-document.js";

// npm run bench: measures, and prints a table. scripts/bench.mjs runs the built file.

async function measure({ rows, left }: BenchOptions): Promise<{ results: Results; failed: Outcome["failed"] }> {
  const machine = await readMachine();
  const takenAt = new Date();
  const { done, failed } = await runRows(rows, note);
  return { results: { machine, takenAt, rows: done, left }, failed };
}

async function write(results: Results, failed: Outcome["failed"]): Promise<void> {
  if (failed.length > 0) return note("\nNothing was written: the table would have a hole in it.");
  await writeDocument("benchmarks.md", toDocument(results));
  note("\nWritten to docs/benchmarks.md. docs/scaling.md is made of it: `npm run simulate -- --write`.");
}

function show({ machine, rows }: Results): void {
  print(`\n${machineLine(machine)}\n`);
  printTable(
    rows.flatMap(({ figures }) => figures),
    COLUMNS,
  );
}

/** The same for programs: every number whole, the ratios beside what they are made of. */
function toJson({ machine, takenAt, rows }: Results): unknown {
  const withRatio = (figure: Figure, reference: Reference | undefined) =>
    reference && { ...reference.measured, what: reference.what, ratio: ratio(figure.value, reference) };
  return {
    machine,
    takenAt,
    rows: rows.map(({ row, figures }) => ({
      name: row.name,
      figures: figures.map((figure) => ({ ...figure, limit: withRatio(figure, figure.limit), peer: withRatio(figure, figure.peer) })),
    })),
  };
}

// Processes, an nginx that is a daemon, and stores on disk are not left behind. A second signal ends it at once.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort(new Error(`ended by ${signal}`)));

try {
  const options = readOptions(process.argv.slice(2), ROWS);
  if (options.flame) await writeFlames(note);
  else await run(options);
} catch (error) {
  if (interruption.signal.aborted) note("Stopped; nothing was written.");
  else if (error instanceof Misunderstanding) note(error.message);
  else throw error;
  process.exitCode = error instanceof Misunderstanding ? 2 : 1;
}

async function run(options: BenchOptions): Promise<void> {
  const { results, failed } = await measure(options);
  if (options.json) printJson(toJson(results));
  else show(results);
  if (failed.length > 0) {
    note(`\nFailed: ${failed.map(({ row }) => row.name).join("; ")}. What each said stands above.`);
    process.exitCode = 1;
  }
  if (options.write) await write(results, failed);
}
