import { bold, print, printable, width } from "./terminal.js";

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly colour?: (row: Row, text: string) => string;
  /** May be cut when the terminal is narrow. */
  readonly shrinks?: boolean;
}

const GAP = "  ";
const NARROWEST = 8;

/** Prints rows in columns that fit the terminal: what shrinks is cut, with an ellipsis. */
export function printTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], indent = ""): void {
  const cells = rows.map((row) => columns.map((column) => printable(column.text(row))));
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...cells.map((row) => [...(row[at] ?? "")].length)));
  fit(widths, columns, width() - indent.length);
  print(
    bold(
      indent +
        columns
          .map(({ title }, at) => title.padEnd(widths[at] ?? 0))
          .join(GAP)
          .trimEnd(),
    ),
  );
  rows.forEach((row, line) => {
    const text = columns.map((column, at) => {
      const cell = cut(cells[line]?.[at] ?? "", widths[at] ?? 0);
      const padded = at === columns.length - 1 ? cell : cell + " ".repeat((widths[at] ?? 0) - [...cell].length);
      return column.colour?.(row, padded) ?? padded;
    });
    print(indent + text.join(GAP).trimEnd());
  });
}

function fit(widths: number[], columns: readonly Column<never>[] | readonly { shrinks?: boolean }[], room: number): void {
  const total = () => widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1);
  while (total() > room) {
    const widest = widths.reduce(
      (best, one, at) => (columns[at]?.shrinks && one > NARROWEST && one > (widths[best] ?? 0) ? at : best),
      firstShrinking(columns),
    );
    if (widest < 0 || (widths[widest] ?? 0) <= NARROWEST) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function firstShrinking(columns: readonly { shrinks?: boolean }[]): number {
  return columns.findIndex(({ shrinks }) => shrinks);
}

function cut(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}\u2026`;
}
