import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Option } from "commander";
import { loadAll } from "../../../clients/cli/commands.js";
import { bash } from "../../../clients/cli/completion/bash.js";
import { fish } from "../../../clients/cli/completion/fish.js";
import { describeCommand } from "../../../clients/cli/completion/node.js";
import { zsh } from "../../../clients/cli/completion/zsh.js";

const commands = (await loadAll()).map((command) => describeCommand(command, [new Option("-h, --help", "help")]));

/** What bash itself would offer behind these words, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-completion-"));
  try {
    writeFileSync(join(folder, "latchkey.bash"), bash(commands));
    const line = ["latchkey", ...words];
    const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _latchkey; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const out = execFileSync("bash", ["--norc", "-euc", script, "bash", join(folder, "latchkey.bash"), ...line], { encoding: "utf8" });
    return out.split("\n").filter((word) => word !== "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("bash completes a command, a subcommand, and the options of the right one", () => {
  assert.deepEqual(offered("inv"), ["invite", "invitation"]);
  assert.deepEqual(offered("operator", "a"), ["add"]);
  assert.deepEqual(offered("operator", "add", "front-door", "--ser"), ["--server-name"]);
  assert.deepEqual(offered("list", "--expires"), ["--expires-within"]);
  assert.deepEqual(offered("list", "--server-n"), []);
});

test("bash offers every command at the beginning, each as often as it has been written down: once", () => {
  assert.deepEqual(
    offered(""),
    commands.map(({ name }) => name),
  );
});

test("behind an option that takes a value, bash offers no commands (its own file names come instead)", () => {
  assert.deepEqual(offered("crl", "restore", "--file", ""), []);
});

test("a device whose name is a command's does not lead the completion astray", () => {
  assert.deepEqual(offered("revoke", "list", "--rea"), ["--reason"]);
});

test("the bash script is one that bash reads without a complaint", () => {
  execFileSync("bash", ["-n"], { input: bash(commands) });
});

test("zsh and fish get every command and option, and no summary can end their quotes", () => {
  for (const script of [zsh(commands), fish(commands)]) {
    for (const { name, options } of commands) {
      assert.ok(script.includes(name), name);
      for (const { flag } of options) assert.ok(script.includes(flag.slice(2)), flag);
    }
    for (const line of script.split("\n")) assert.equal((line.match(/'/g) ?? []).length % 2, 0, line);
  }
});
