import { createTwoFilesPatch } from "diff";
import { dim, green, printable, red } from "../terminal.js";

/** What changes from one text to the other, as `diff -u` shows it. */
export function showDiff(name: string, from: string, to: string): string {
  const patch = createTwoFilesPatch(`${name} (as it is)`, `${name} (as it would be)`, from, to, undefined, undefined, { context: 3 });
  return patch
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => colour(line, printable(line.replaceAll("\t", "        "))))
    .join("\n");
}

function colour(line: string, shown: string): string {
  if (/^(?:---|\+\+\+|@@)/.test(line)) return dim(shown);
  return line.startsWith("+") ? green(shown) : line.startsWith("-") ? red(shown) : shown;
}
