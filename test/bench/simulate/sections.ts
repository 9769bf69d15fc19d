import type { Tables } from "./tables.js";

/** The document has no place for a table, or one for a table that there is not. */
export class NoSuchSection extends Error {}

const SECTION = /<!-- simulate: ([\w-]+) -->\n.*?<!-- \/simulate -->/gs;

/** The document with these tables between its markers, `<!-- simulate: NAME -->` and `<!-- /simulate -->`; all else stays. Throws NoSuchSection. */
export function withTables(document: string, tables: Tables): string {
  const left = new Set(Object.keys(tables));
  const whole = document.replaceAll(SECTION, (_, name: string) => {
    if (!left.delete(name)) throw new NoSuchSection(`docs/scaling.md wants a table "${name}", which there is not, or not twice.`);
    return `<!-- simulate: ${name} -->\n\n${tables[name]}\n\n<!-- /simulate -->`;
  });
  if (left.size > 0) throw new NoSuchSection(`docs/scaling.md has no place for: ${[...left].join(", ")}.`);
  return whole;
}
