import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readResults } from "../../bench/simulate/read-results.js";
import { withTables } from "../../bench/simulate/sections.js";
import { tablesFrom } from "../../bench/simulate/tables.js";

const PAGE = readFileSync(fileURLToPath(new URL("../../../../docs/scaling.md", import.meta.url)), "utf8");

/** The formatter fills a table's cells with spaces, and its rule with dashes. */
const unpadded = (markdown: string) => markdown.replaceAll(/^\|.*$/gm, (line) => line.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---"));

test("the tables are what the simulator makes of docs/benchmarks.md; otherwise: `npm run simulate -- --write`", async () => {
  assert.equal(unpadded(PAGE), unpadded(withTables(PAGE, tablesFrom(await readResults()))));
});

test("whoever follows the page's links to its own sections and files finds them", () => {
  const anchors = new Set([...PAGE.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(" ", "-")));
  for (const [, target = ""] of PAGE.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(anchors.has(target), target);
  for (const [, file = ""] of PAGE.matchAll(/\]\(([\w-]+\.md)\)/g)) readFileSync(new URL(`../../../../docs/${file}`, import.meta.url));
});
