import { bold, dim, green, print, red, yellow } from "../terminal.js";
import type { Line } from "./examine.js";
import { type Finding, isTrouble, type Trouble } from "./finding.js";

/** How many of each. */
export type Summary = Readonly<Record<Finding["severity"], number>>;

export function summarize(lines: readonly Line[]): Summary {
  const count = (severity: Finding["severity"]) => lines.filter(({ finding }) => finding.severity === severity).length;
  return { ok: count("ok"), skipped: count("skipped"), warning: count("warning"), failure: count("failure") };
}

/** A line, as soon as it is known. What has to be mended comes once more at the end, with how. */
export function printLine({ about, finding }: Line): void {
  const text = isTrouble(finding) ? finding.code : finding.message;
  print(`${MARKS[finding.severity]}  ${bold(about.padEnd(12))}  ${finding.severity === "skipped" ? dim(text) : text}`);
}

/** `skipped` is not "ok": nobody has looked. */
const MARKS: Readonly<Record<Finding["severity"], string>> = {
  ok: green("ok      "),
  skipped: dim("not seen"),
  warning: yellow("warning "),
  failure: red("FAILURE "),
};

/** What is to be done, the worst last: there a terminal's eye is. */
export function printTroubles(lines: readonly Line[]): void {
  const troubles = lines.map(({ finding }) => finding).filter(isTrouble);
  for (const severity of ["warning", "failure"] as const) {
    for (const trouble of troubles.filter((one) => one.severity === severity)) printTrouble(trouble);
  }
  const { ok, skipped, warning, failure } = summarize(lines);
  const unseen = skipped === 0 ? "" : `, ${skipped} could not be looked at`;
  const count = `${plural(failure, "failure")}, ${plural(warning, "warning")}, ${ok} ok${unseen}.`;
  print(`\n${failure > 0 ? red(count) : warning > 0 ? yellow(count) : green(count)}`);
}

function printTrouble({ severity, code, message, remedy, page }: Trouble): void {
  print(`\n${MARKS[severity]}  ${bold(code)}  ${message}`);
  if (remedy !== undefined) print(`  ${remedy}`);
  print(dim(`  ${page}`));
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
