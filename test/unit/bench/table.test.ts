import assert from "node:assert/strict";
import { test } from "node:test";
import { toDocument } from "../../bench/document.js";
import { type Figure, type Row, ratio } from "../../bench/figure.js";
import { summarize } from "../../bench/harness.js";
import { show, toMarkdown } from "../../bench/table.js";

const RATE: Figure = {
  name: "issue",
  value: summarize("/s", [3000, 3681, 4000]),
  limit: { what: "verify + sign", measured: summarize("/s", [6000]) },
  peer: { what: "openssl ca", measured: summarize("/s", [145]) },
};
const TIME: Figure = {
  name: "revoke | 10 on the CRL",
  value: summarize("ms", [0.30123, 0.2, 0.4]),
  limit: { what: "bare", measured: summarize("ms", [0.2]) },
};

test("a value is shown with its unit, its spread, and no more digits than it knows", () => {
  assert.equal(show(RATE.value), "3,680/s (3,000 to 4,000)");
  assert.equal(show(TIME.value), "0.301 ms (0.2 to 0.4)");
});

test("a ratio is value by reference, and two units have none", () => {
  const megabytes = { what: "memory", measured: summarize("MB", [100]) };
  assert.equal(ratio(summarize("MB", [150]), megabytes), 1.5);
  assert.throws(() => ratio(TIME.value, megabytes), RangeError);
});

test("the table has figure, value, limit, ratio, peer, ratio; what was not measured stays empty, and a bar in a name is no column", () => {
  assert.equal(
    toMarkdown([RATE, TIME]),
    `| figure | value | limit | ratio | peer | ratio |
| --- | --- | --- | --- | --- | --- |
| issue | 3,680/s (3,000 to 4,000) | 6,000/s (6,000 to 6,000) verify + sign | 0.614 × | 145/s (145 to 145) openssl ca | 25.4 × |
| revoke \\| 10 on the CRL | 0.301 ms (0.2 to 0.4) | 0.2 ms (0.2 to 0.2) bare | 1.51 × |  |  |`,
  );
});

const MACHINE = {
  cpu: "A processor",
  cores: 2,
  kernel: "6.1.0",
  node: "20.20.0",
  nodeOpenssl: "3.0.1",
  openssl: "3.0.2",
  nginx: "1.22.1",
  busyBefore: 0.04,
};
const rowsNamed = (...names: string[]) =>
  names.map((name) => ({ row: { name, about: "how it is measured.", run: async () => [RATE] }, figures: [RATE] }));
const TAKEN_AT = new Date("2026-05-04T03:02:01Z");

test("the document names its machine and its day, and says of every row what was measured", () => {
  const text = toDocument({ machine: MACHINE, takenAt: TAKEN_AT, rows: rowsNamed("revoke 10", "revoke 100"), left: [] });
  assert.ok(text.includes("on 2026-05-04"));
  const line = "A processor, 2 cores, Linux 6.1.0; Node 20.20.0 (OpenSSL 3.0.1), openssl 3.0.2, nginx 1.22.1; 0.0 cores at work before";
  assert.ok(text.includes(line));
  assert.ok(text.includes(toMarkdown([RATE, RATE])));
  assert.ok(text.includes("- **revoke 10** and **revoke 100**: how it is measured."));
});

test("figures of a machine that had other work say so", () => {
  const document = (busyBefore: number) =>
    toDocument({ machine: { ...MACHINE, busyBefore }, takenAt: TAKEN_AT, rows: rowsNamed("issue"), left: [] });
  assert.match(document(9.7), /was busy with other work/);
  assert.doesNotMatch(document(0.04), /busy/);
});

test("rows that were left out since they take minutes are named", () => {
  const soak = rowsNamed("soak").map(({ row }) => row);
  const document = (left: readonly Row[]) => toDocument({ machine: MACHINE, takenAt: TAKEN_AT, rows: rowsNamed("issue"), left });
  assert.match(document(soak), /Not in the table, since they take minutes \(`npm run bench -- --all`\): soak\./);
  assert.doesNotMatch(document([]), /Not in the table/);
});
