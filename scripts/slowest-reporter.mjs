// A reporter for node:test: which files took longest, from their first test's start to their last one's end. What CI costs is decided here.
import { relative } from "node:path";
import { root } from "./install.mjs";

const MOST = 12;

export async function* slowest(source) {
  const millis = new Map();
  for await (const { type, data } of source) {
    if ((type !== "test:pass" && type !== "test:fail") || data.nesting !== 0 || data.file === undefined) continue;
    millis.set(data.file, (millis.get(data.file) ?? 0) + (data.details?.duration_ms ?? 0));
  }
  const longest = [...millis].sort(([, one], [, other]) => other - one).slice(0, MOST);
  yield `The longest files, in seconds:\n${longest.map(([file, time]) => `${(time / 1000).toFixed(0).padStart(6)}  ${relative(root, file)}`).join("\n")}\n`;
}
