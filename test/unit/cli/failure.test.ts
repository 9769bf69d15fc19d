import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CommandError } from "../../../clients/cli/error.js";
import { describe } from "../../../clients/cli/failure.js";
import { CallError } from "../../../clients/connect/error.js";
import { LatchkeyError } from "../../../services/ca/authority/error.js";
import { SettingsError } from "../../../services/settings/source.js";

function thrown(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  assert.fail("nothing was thrown");
}

test("a refusal of the CA's, of the settings' and of the command line's is told by its own code and sentence", () => {
  assert.deepEqual(describe(new CommandError("AMBIGUOUS", "Which one?")), { code: "AMBIGUOUS", message: "Which one?", exitCode: 1 });
  assert.deepEqual(describe(new LatchkeyError("DATA_IN_USE", "In use.")), { code: "DATA_IN_USE", message: "In use.", exitCode: 1 });
  assert.equal(describe(new SettingsError(["line 3"])).exitCode, 2);
  assert.deepEqual(describe(new CallError("UNAVAILABLE", "Away.")), { code: "UNAVAILABLE", message: "Away.", exitCode: 3 });
});

test("a field's violation is told where the sentence does not say it already", () => {
  const violations = [
    { field: "filter", description: "wants another status" },
    { field: "page_size", description: "is below 0" },
  ];
  assert.equal(
    describe(new CallError("FILTER_INVALID", "The filter wants another status.", violations)).message,
    "The filter wants another status.\n  page_size: is below 0",
  );
});

test("a CA that is away is told without gRPC's own words", () => {
  const away = "The CA can't be reached: No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ";
  assert.equal(
    describe(new CallError("UNAVAILABLE", away)).message,
    "The CA can't be reached: connect ECONNREFUSED 127.0.0.1:1. Is it running, and is this its address?",
  );
});

test("what the operating system refuses is a sentence, with the file's name and without the system's own codes", () => {
  const { code, message, exitCode } = describe(thrown(() => readFileSync("/nowhere/file")));
  assert.equal(code, "SYSTEM_ERROR");
  assert.equal(exitCode, 1);
  assert.match(message, /\/nowhere\/file/);
  assert.match(message, /no such file or directory/);
  assert.doesNotMatch(message, /ENOENT/);
});

test("what nobody foresaw says so, and how to see more; a code that is not ours is no code", () => {
  const { code, message } = describe(Object.assign(new Error("boom"), { code: "ERR_SOMETHING" }));
  assert.equal(code, "INTERNAL");
  assert.match(message, /boom.+LATCHKEY_DEBUG=1/);
});
