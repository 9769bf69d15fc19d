import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Code, OWN_CODES } from "../../../clients/cli/error.js";
import { EXIT, exitCodeOf } from "../../../clients/cli/exit.js";
import { CallError, type Reason } from "../../../clients/connect/error.js";
import { EXIT as HOOK_EXIT, exitCodeOf as hookExitCodeOf } from "../../../clients/nginx/exit.js";
import { PROBLEMS } from "../../../clients/nginx/problem.js";
import { WARNING_CODES } from "../../../clients/nginx/warning.js";
import { ErrorReason } from "../../../generated/latchkey/v1/error_reason.js";

const PAGE = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");
const REASONS = Object.keys(ErrorReason)
  .map((name) => name.replace("ERROR_REASON_", ""))
  .filter((name) => name !== "UNSPECIFIED" && name !== "UNRECOGNIZED") as Reason[];

/** The cells of the tables under a heading, row by row. */
function rowsUnder(heading: string): string[][] {
  const [, section = ""] = PAGE.split(`\n## ${heading}\n`);
  const [own = ""] = section.split("\n## ");
  return own
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .slice(1, -1)
        .split(" | ")
        .map((cell) => cell.trim().replace(/^`([A-Z_]+)`$/, "$1")),
    );
}

for (const [heading, codes] of Object.entries({
  "Of the command line": OWN_CODES,
  "Of the CA and the enrolment service": REASONS,
  "Of the nginx hook": Object.keys(PROBLEMS),
  "Warnings of the nginx hook": WARNING_CODES,
})) {
  test(`${heading}: every code is documented, once, and nothing else is`, () => {
    assert.ok(codes.length > 1);
    assert.deepEqual(
      rowsUnder(heading).map(([code]) => code),
      [...codes],
    );
  });

  test(`${heading}: each code says what it means and what to do`, () => {
    for (const cells of rowsUnder(heading)) {
      const [meaning = "", remedy = ""] = cells.slice(-2);
      assert.match(meaning, /^\S.+\.$/, cells[0]);
      assert.match(remedy, /^\S.+[.?`]$/, cells[0]);
    }
  });
}

test("each code ends with the exit code that is documented", () => {
  for (const [code = "", exit] of [...rowsUnder("Of the command line"), ...rowsUnder("Of the CA and the enrolment service")]) {
    assert.equal(String(exitCodeOf(code as Code)), exit, code);
  }
});

test("latchkey and latchkey-nginx end with the same exit code for the same reason", () => {
  for (const reason of REASONS) assert.equal(hookExitCodeOf(new CallError(reason, "")), exitCodeOf(reason), reason);
  // The hook asks no questions that Ctrl-C could end, and examines nothing but its own nginx.
  const { interrupted: _, unwell: __, ...shared } = EXIT;
  assert.deepEqual(Object.values(HOOK_EXIT), Object.values(shared));
});

test("a certificate that the CA does not accept is a refusal", () => {
  assert.equal(exitCodeOf("UNAUTHENTICATED"), EXIT.refused);
  assert.equal(exitCodeOf("OPERATOR_REVOKED"), EXIT.refused);
});
