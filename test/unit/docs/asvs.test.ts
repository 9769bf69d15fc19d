import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const PAGE = readFileSync(join(ROOT, "docs", "asvs.md"), "utf8");
const FILES = ["services", "clients"].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: "utf8" }).map((name) => join(top, name)),
);

test("every test and file that is named as evidence is there", () => {
  const named = [...PAGE.matchAll(/`([\w./-]+\.ts)`/g)].map(([, path = ""]) => path);
  assert.ok(named.length > 60);
  for (const path of named) {
    const isTest = path.endsWith(".test.ts");
    assert.ok(isTest ? existsSync(join(ROOT, "test", path)) : FILES.some((file) => `/${file}`.endsWith(`/${path}`)), path);
  }
});

test("every row says how it stands, and what is not met is explained", () => {
  const [, why = "", ...chapters] = PAGE.split(/\n## /);
  const rows = chapters.flatMap((chapter) => chapter.split("\n")).filter((line) => line.startsWith("| V"));
  assert.ok(rows.length >= 100, `${rows.length} rows`);
  for (const line of rows) {
    const [numbers = "", , stands = "", evidence = ""] = line
      .slice(1, -1)
      .split(" | ")
      .map((cell) => cell.trim());
    assert.match(stands, /^(met|partly|not met|not applicable)$/, line);
    assert.ok(evidence !== "", line);
    if (evidence === "above") for (const number of numbers.split(", ")) assert.ok(why.includes(number), number);
  }
});
