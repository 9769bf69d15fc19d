import { posix } from "node:path";
import type { Directive } from "./directive.js";
import { filesOf, readDump } from "./dump.js";

/** Every file of the configuration itself, and every argument of a directive that could name one, absolute. Throws SettingsError. */
export function filesNamed(dump: string): string[] {
  const { directives, prefix } = readDump(dump);
  return [...filesOf(dump), ...argumentsOf(directives)].map((name) => posix.resolve(prefix, name));
}

function argumentsOf(directives: readonly Directive[]): string[] {
  return directives.flatMap(({ args, block }) => [...args, ...(block === undefined ? [] : argumentsOf(block))]);
}
