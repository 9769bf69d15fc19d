import type { Unit } from "../figure.js";
import { type BenchFigure, type Quantity, UnusableResults } from "./results.js";

/** `890/s (743 to 1,090)`, and in the column of limits ` verify + sign` behind it. */
const QUANTITY = /^([\d,.]+) ?(\/s|ms|MB|octets) \(/;
const HEAD = "| figure ";

/** Reads the table of docs/benchmarks.md. Throws UnusableResults for what is none. */
export function readTable(markdown: string): readonly BenchFigure[] {
  const lines = markdown.split("\n");
  const head = lines.findIndex((line) => line.startsWith(HEAD));
  if (head === -1) throw new UnusableResults("There is no table of figures: `npm run bench -- --write` writes one.");
  const end = lines.findIndex((line, at) => at > head && !line.startsWith("|"));
  return lines.slice(head + 2, end === -1 ? undefined : end).map(readLine);
}

function readLine(line: string): BenchFigure {
  const [, name = "", value = "", limit = ""] = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
  const measured = readQuantity(value);
  if (name === "" || measured === undefined) throw new UnusableResults(`This line of the table is no figure: ${line}`);
  const against = readQuantity(limit);
  if (against === undefined && limit !== "") throw new UnusableResults(`The limit of "${name}" is no figure: ${limit}`);
  return { name, value: measured, ...(against === undefined ? {} : { limit: against }) };
}

function readQuantity(cell: string): Quantity | undefined {
  const [, digits, unit] = QUANTITY.exec(cell) ?? [];
  const median = Number(digits?.replaceAll(",", ""));
  return digits === undefined || Number.isNaN(median) ? undefined : { unit: unit as Unit, median };
}
