import type { Figure, Row } from "./figure.js";
import { ROUNDS } from "./harness.js";
import { type Machine, machineLine } from "./machine.js";
import { toMarkdown } from "./table.js";

/** All that a run of the bench has found. */
export interface Results {
  readonly machine: Machine;
  readonly takenAt: Date;
  readonly rows: readonly { readonly row: Row; readonly figures: readonly Figure[] }[];
  /** Those that take minutes, and were not run. */
  readonly left: readonly Row[];
}

/** docs/benchmarks.md. */
export function toDocument({ machine, takenAt, rows, left }: Results): string {
  return `# Benchmarks

<!-- Written by \`npm run bench -- --write\`: change nothing here by hand. -->

Taken on ${takenAt.toISOString().slice(0, 10)} on this machine: ${machineLine(machine)}.
${isBusy(machine) ? BUSY : ""}
${toMarkdown(rows.flatMap(({ figures }) => figures))}

Each value is the median of ${ROUNDS} rounds after one that warms up; in parentheses the smallest and the largest round. A figure,
its limit and its peer are measured in the same rounds, in turn, and **ratio** is value by limit and value by peer: of a rate it
should be large, of a time or of memory small. Absolute figures move with the machine, ratios less. Clients, services and
peers share the cores of this one machine.
${left.length === 0 ? "" : `\nNot in the table, since they take minutes (\`npm run bench -- --all\`): ${left.map(({ name }) => name).join("; ")}.\n`}
## What is measured

${describe(rows.map(({ row }) => row))}
`;
}

const BUSY = "\n**The machine was busy with other work: these figures say little. Measure again on an idle one.**\n";

/** Others took more than half a core. */
function isBusy({ busyBefore }: Machine): boolean {
  return busyBefore > 0.5;
}

/** One paragraph for all the rows that are measured in the same way. */
function describe(rows: readonly Row[]): string {
  const abouts = [...new Set(rows.map(({ about }) => about))];
  const namesOf = (about: string) => rows.filter((row) => row.about === about).map(({ name }) => `**${name}**`);
  return abouts.map((about) => `- ${namesOf(about).join(" and ")}: ${about}`).join("\n");
}
