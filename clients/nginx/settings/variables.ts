import type { Directive } from "./directive.js";

/** What a text with variables can be, or that it can't be told. */
export type Values = readonly string[] | "unknown";

const MAX_VALUES = 10_000;
const MAX_DEPTH = 8;
const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/;

/**
 * What this text can be, from what `set` and `map` give its variables.
 *
 * @param scopes the blocks around it, the innermost first, with `http` or `stream` as the last
 */
export function valuesOf(text: string, scopes: readonly (readonly Directive[])[], depth = 0): Values {
  const found = VARIABLE.exec(text);
  if (found === null) return [text];
  const own = depth < MAX_DEPTH ? valuesOfVariable(found[1] ?? found[2] ?? "", scopes) : undefined;
  if (own === undefined) return "unknown";
  const all = new Set<string>();
  for (const value of own) {
    const whole = `${text.slice(0, found.index)}${value}${text.slice(found.index + found[0].length)}`;
    const inside = valuesOf(whole, scopes, depth + 1);
    if (inside === "unknown") return "unknown";
    for (const each of inside) all.add(each);
    if (all.size > MAX_VALUES) return "unknown";
  }
  return [...all];
}

function valuesOfVariable(name: string, scopes: readonly (readonly Directive[])[]): string[] | undefined {
  if (name === "scheme") return ["http", "https"];
  const values = scopes.flatMap((block) => block.flatMap((directive) => valuesIn(directive, name)));
  return values.length === 0 ? undefined : values;
}

function valuesIn({ name, args, block = [], entries = [] }: Directive, variable: string): string[] {
  if (name === "set") return args[0] === `$${variable}` ? args.slice(1, 2) : [];
  if (name === "if") return block.flatMap((directive) => valuesIn(directive, variable));
  if (name !== "map" || args[1] !== `$${variable}`) return [];
  return entries.filter((entry) => entry.args.length === 1).flatMap((entry) => entry.args);
}
