import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const TABLE = fileURLToPath(new URL("../../../clients/cli/table.js", import.meta.url));

/** What printTable prints on a real terminal of so many columns, or into a pipe. */
function printed(rows: readonly [string, string][], columns?: number, environment: Record<string, string> = {}): string[] {
  const code = `import(${JSON.stringify(TABLE)}).then(({ printTable }) => printTable(${JSON.stringify(rows)}, [
    { title: "NAME", text: (row) => row[0], shrinks: true }, { title: "STATUS", text: (row) => row[1] }]))`;
  const env = { PATH: process.env.PATH ?? "", TERM: "xterm", ROWS: code, ...environment };
  const command = `"${process.execPath}" -e "$ROWS"`;
  const out =
    columns === undefined
      ? execFileSync("bash", ["-c", command], { encoding: "utf8", env })
      : execFileSync("script", ["-qec", `stty cols ${columns}; ${command}`, "/dev/null"], { encoding: "utf8", env });
  return out.split(/\r?\n/).filter((line) => line !== "");
}

const ROWS: [string, string][] = [
  ["Anna's very long telephone of the year before last", "valid"],
  ["Bob", "revoked"],
];

test("a table fits the terminal: what may shrink is cut, the rest is whole", () => {
  const lines = printed(ROWS, 40, { NO_COLOR: "1" });
  assert.equal(lines.length, 3);
  for (const line of lines) assert.ok([...line].length <= 40, line);
  assert.match(lines[1] ?? "", /^Anna's very long .*\u2026 {2}valid$/u);
  assert.match(lines[2] ?? "", /^Bob +revoked$/);
});

test("into a pipe nothing is cut and nothing is coloured", () => {
  const lines = printed(ROWS);
  assert.ok(lines[1]?.startsWith(ROWS[0]?.[0] ?? "?"));
  assert.ok(lines.every((line) => !line.includes("\u001b")));
});

test("colours are for a terminal, and not with NO_COLOR", () => {
  assert.ok(printed(ROWS, 80).some((line) => line.includes("\u001b[1m")));
  assert.ok(printed(ROWS, 80, { NO_COLOR: "1" }).every((line) => !line.includes("\u001b")));
});

test("a name that holds control characters can't steer the terminal", () => {
  assert.ok(printed([["\u001b[2Jgone\u0007", "valid"]]).every((line) => !line.includes("\u001b") && !line.includes("\u0007")));
});
