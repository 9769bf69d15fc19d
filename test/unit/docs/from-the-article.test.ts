import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const rows = readFileSync(join(ROOT, "docs", "from-the-article.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("|") && !/^\| (-|the article's step)/.test(line))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
      .slice(1, -1),
  );

test("every step says what Latchkey does, and names a test that is there", () => {
  assert.ok(rows.length > 25);
  for (const [step = "", does = "", , tests = ""] of rows) {
    assert.ok(step !== "" && does !== "", step);
    const named = [...tests.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, name = ""]) => name);
    assert.ok(named.length > 0, `${step}: no test is named`);
    for (const name of named) assert.ok(existsSync(join(ROOT, "test", name)), `${step}: there is no test/${name}`);
  }
});
