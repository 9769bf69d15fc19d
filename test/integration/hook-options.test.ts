import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const HOOK = fileURLToPath(new URL("../../clients/nginx/latchkey-nginx.js", import.meta.url));
const complaintOf = (...args: string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [HOOK, ...args], { encoding: "utf8", timeout: 30_000 });
  assert.equal(status, 2, stderr);
  return stderr;
};

test("a misspelt option is told from a missing one", () => {
  const given = ["--credential", "c", "--dir", "d", "--reload", "true", "--status-url", "http://127.0.0.1:1/s"];
  assert.match(complaintOf("once", ...given, "--tset", "nginx -t"), /unknown option '--tset'[\s\S]*Did you mean --test\?/);
  assert.match(complaintOf("once", ...given), /required option '--test <command>' not specified/);
});
