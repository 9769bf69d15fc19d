import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readJson } from "./read-json.js";
import { readTable } from "./read-table.js";
import { type Results, resultsOf, UnusableResults } from "./results.js";

export const BENCHMARKS = fileURLToPath(new URL("../../../../docs/benchmarks.md", import.meta.url));

/** @param path what the bench printed with --json, or a table like that of docs/benchmarks.md. Throws UnusableResults. */
export async function readResults(path: string = BENCHMARKS): Promise<Results> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new UnusableResults(`${path} can't be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  return resultsOf(path.endsWith(".md") ? readTable(text) : readJson(text), path === BENCHMARKS ? "docs/benchmarks.md" : path);
}
