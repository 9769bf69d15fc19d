import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ALL_OF_THE_HOOK } from "../../support/hook-metrics.js";

const PAGE = readFileSync(new URL("../../../../docs/monitoring.md", import.meta.url), "utf8");

test("every metric is in the table, in its order, and nothing else is", () => {
  const there = [...ALL_OF_THE_HOOK.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  const documented = [...PAGE.matchAll(/^\| `(latchkey_nginx_\w+)`/gm)].map(([, name]) => name);
  assert.deepEqual(documented, there);
});
