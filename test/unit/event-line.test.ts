import assert from "node:assert/strict";
import { test } from "node:test";
import { createEventWriter, type EventFields } from "../../services/event-line.js";

const STYLING = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

function written(isTTY: boolean, fields: EventFields, environment: NodeJS.ProcessEnv = { TERM: "xterm" }): string {
  let text = "";
  const write = (line: string) => {
    text += line;
  };
  createEventWriter({ isTTY, write }, environment)("crl.enforced", fields);
  return text;
}

test("into a pipe an event is one line of JSON, with its time", () => {
  const line = written(false, { crlNumber: "17", holes: ["a", "b"], missing: undefined });
  assert.match(line, /^\{"time":"\d{4}-[^"]+Z","event":"crl\.enforced","crlNumber":"17","holes":\["a","b"\]\}\n$/);
});

test("at a terminal it is one line that a person can read", () => {
  const line = written(true, { crlNumber: "17", holes: ["a", "b"], missing: undefined });
  assert.match(line.replaceAll(STYLING, ""), /^\d\d:\d\d:\d\d crl\.enforced crlNumber=17 holes=a,b\n$/);
  assert.match(written(true, {}).replaceAll(STYLING, ""), /^\d\d:\d\d:\d\d crl\.enforced\n$/);
});

test("nothing in a field steers the terminal or begins a line of its own", () => {
  const line = written(true, { detail: "a\u001b[2Jb\nc" }, { NO_COLOR: "1" });
  assert.match(line, /^\d\d:\d\d:\d\d crl\.enforced detail=a\u00b7\[2Jb\u00b7c\n$/);
});

test("who wants no colours gets none", () => {
  assert.match(written(true, { a: 1 }), STYLING);
  for (const environment of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) assert.doesNotMatch(written(true, { a: 1 }, environment), STYLING);
});
