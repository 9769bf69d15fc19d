import assert from "node:assert/strict";
import { test } from "node:test";
import { summarize } from "../../bench/harness.js";
import { constantsFrom } from "../../bench/simulate/constants.js";
import { readJson } from "../../bench/simulate/read-json.js";
import { readTable } from "../../bench/simulate/read-table.js";
import { resultsOf, UnusableResults } from "../../bench/simulate/results.js";
import { NoSuchSection, withTables } from "../../bench/simulate/sections.js";
import { toMarkdown } from "../../bench/table.js";

const figures = [
  { name: "issue", value: summarize("/s", [1_234]), limit: { what: "verify + sign", measured: summarize("/s", [8_560]) } },
  { name: "the same, beside cfssl", value: summarize("/s", [1_230]) },
  { name: "revoke, 1,000 on the CRL", value: summarize("ms", [10.8]), limit: { what: "a | bar", measured: summarize("ms", [0.3]) } },
  { name: "revoke, 100,000 on the CRL", value: summarize("ms", [27.2]) },
  { name: "revoke, 100,000 on the CRL, memory for it", value: summarize("MB", [63.5]) },
];

test("what the bench writes into its document is read back", () => {
  const read = readTable(`# Benchmarks\n\n${toMarkdown(figures)}\n\nEach value …\n`);
  assert.deepEqual(read[0], { name: "issue", value: { unit: "/s", median: 1_230 }, limit: { unit: "/s", median: 8_560 } });
  assert.equal(read.length, figures.length);
});

test("what the bench prints as JSON is read with all its digits", () => {
  const rows = [
    { name: "issue", figures: figures.map(({ limit, ...rest }) => ({ ...rest, limit: limit && { ...limit.measured, what: limit.what } })) },
  ];
  assert.equal(resultsOf(readJson(JSON.stringify({ machine: {}, rows })), "here").value("issue", "/s"), 1_234);
});

test("a row is found by its name, a series by what stands in for its number", () => {
  const results = resultsOf(readTable(toMarkdown(figures)), "here");
  assert.equal(results.value("issue, beside cfssl", "/s"), 1_230);
  assert.equal(results.limit("revoke, 1,000 on the CRL", "ms"), 0.3);
  assert.deepEqual(
    results.series("revoke, # on the CRL").map(({ at }) => at),
    [1_000, 100_000],
  );
});

test("a row that is missing, a limit that is not there and another unit are said with their name", () => {
  const results = resultsOf(readTable(toMarkdown(figures)), "here");
  assert.throws(() => results.value("OCSP", "/s"), { message: /^here has no row "OCSP": make it anew by `npm run bench -- --write`\.$/ });
  assert.throws(() => results.limit("revoke, 100,000 on the CRL", "ms"), /in nothing, not in ms/);
  assert.throws(() => results.value("issue", "ms"), /"issue" in here is in \/s, not in ms/);
  assert.throws(() => constantsFrom(results), UnusableResults);
});

test("what is no output of the bench is refused", () => {
  for (const text of ["no JSON", "{}", '{"rows":[{"figures":[{"name":"issue"}]}]}'])
    assert.throws(() => readJson(text), UnusableResults, text);
  assert.throws(() => readTable("# Nothing\n"), UnusableResults);
  assert.throws(() => readTable("| figure | value | limit |\n| --- | --- | --- |\n| issue | fast | |\n"), /is no figure: \| issue/);
});

test("tables stand between their markers, and the rest of the document stays", () => {
  const place = (name: string, text: string) => `<!-- simulate: ${name} -->\n\n${text}\n\n<!-- /simulate -->`;
  const document = (text: string) => `# Scaling\n\n${place("one", text)}\n\nprose\n\n${place("two", text)}\n`;
  assert.equal(withTables(document("old"), { one: "new", two: "new" }), document("new"));
  assert.throws(() => withTables(document("old"), { one: "new" }), NoSuchSection);
  assert.throws(() => withTables(document("old"), { one: "", two: "", three: "" }), /no place for: three/);
});
