import { CommandError } from "./error.js";
import { printable } from "./terminal.js";

export const AUTHORITIES = ["devices", "servers", "operators", "adopted-1", "adopted-2", "adopted-3"] as const;

/** Reads an option's value that must be one of a few; `what` it is, for the sentence: `format`. Throws USAGE. */
export function oneOf<Value extends string>(what: string, values: readonly Value[]): (text: string) => Value {
  return (text) => {
    const found = values.find((value) => value === text);
    if (found === undefined) throw new CommandError("USAGE", `"${printable(text)}" is no ${what}: they are ${enumerate(values, "and")}.`);
    return found;
  };
}

/** `devices, servers or operators`. */
export function enumerate(values: readonly string[], word: "and" | "or"): string {
  return values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")} ${word} ${values.at(-1)}`;
}
