import type { Column } from "../../clients/cli/table.js";
import { type Figure, type Measured, type Reference, ratio } from "./figure.js";

const NOTHING = "";

/** The columns of the table, at a terminal and in docs/benchmarks.md alike. */
export const COLUMNS: readonly Column<Figure>[] = [
  { title: "FIGURE", text: ({ name }) => name, shrinks: true },
  { title: "VALUE", text: ({ value }) => show(value) },
  { title: "LIMIT", text: ({ limit }) => showReference(limit), shrinks: true },
  { title: "RATIO", text: ({ value, limit }) => showRatio(value, limit) },
  { title: "PEER", text: ({ peer }) => showReference(peer), shrinks: true },
  { title: "RATIO", text: ({ value, peer }) => showRatio(value, peer) },
];

/** The table in Markdown. */
export function toMarkdown(figures: readonly Figure[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(COLUMNS.map(({ title }) => title.toLowerCase())),
    line(COLUMNS.map(() => "---")),
    ...figures.map((figure) => line(COLUMNS.map(({ text }) => text(figure)))),
  ].join("\n");
}

/** `3,680/s (3,510 to 3,790)`: the median, and the smallest and the largest of the rounds. */
export function show({ median, smallest, largest, unit }: Measured): string {
  const gap = unit === "/s" ? "" : " ";
  return `${number(median)}${gap}${unit} (${number(smallest)} to ${number(largest)})`;
}

function showReference(reference: Reference | undefined): string {
  return reference === undefined ? NOTHING : `${show(reference.measured)} ${reference.what}`;
}

function showRatio(value: Measured, reference: Reference | undefined): string {
  return reference === undefined ? NOTHING : `${number(ratio(value, reference))} ×`;
}

/** Three digits say all that a measurement knows. */
function number(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}
