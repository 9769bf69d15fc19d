import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { CA_WARNINGS, FINDINGS } from "../../../clients/cli/doctor/codes.js";
import { pageOf } from "../../../clients/cli/doctor/finding.js";

const ROOT = new URL("../../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");
const PAGE = read("docs/doctor.md");

const sections = PAGE.split(/^#{2,3} /m).filter((section) => /^[A-Z_]+\n/.test(section));

test("docs/doctor.md explains every finding, each once, and none that there is not", () => {
  const codes = sections.map((section) => section.split("\n")[0] ?? "");
  assert.deepEqual(codes.toSorted(), [...Object.keys(FINDINGS), ...Object.keys(CA_WARNINGS)].toSorted());
});

test("each says how to mend it", () => {
  for (const section of sections) assert.match(section, /\*\*Mend:\*\*/, section.split("\n")[0]);
});

test("the page that a finding names is there, and has its heading", () => {
  for (const code of Object.keys(FINDINGS)) {
    const [path = "", anchor = ""] = pageOf(code).split("#");
    assert.ok(existsSync(new URL(path, ROOT)), path);
    assert.ok(read(path).toLowerCase().includes(`\n### ${anchor}\n`), code);
  }
});

test("what the CA can warn of is what the doctor knows how bad it is", () => {
  const sources = ["warnings.ts", "workflows/status.ts", "workflows/names.ts"].map((name) => read(`services/ca/${name}`)).join("\n");
  const codes = [...sources.matchAll(/(?:code: |WARNING = )((?:"[A-Z]+(?:_[A-Z]+)+"(?: \| )?)+)/g)].flatMap(([, found = ""]) =>
    [...found.matchAll(/[A-Z_]+/g)].map(([code]) => code),
  );
  // The clock's own trouble is passed on by status.ts under the code of the error that it is.
  assert.match(read("services/ca/workflows/clock.ts"), /"CLOCK_BEHIND"/);
  assert.deepEqual([...new Set([...codes, "CLOCK_BEHIND"])].toSorted(), Object.keys(CA_WARNINGS).toSorted());
});

test("every finding has a test that names it", () => {
  const tests = ["integration/doctor-house.test.ts", "e2e/doctor-door.test.ts", "unit/cli/doctor.test.ts"]
    .map((name) => read(`test/${name}`))
    .join("\n");
  const titles = [...tests.matchAll(/^\s*test\([`"](.*?)[`"],/gm)].map(([, title = ""]) => title).join("\n");
  for (const code of Object.keys(FINDINGS)) assert.ok(new RegExp(`\\b${code}\\b`).test(titles), `no test breaks what ${code} finds`);
});
