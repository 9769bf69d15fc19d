import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

test("a first npm start without a network says what it needs, what failed, and what to do", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-offline-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["package.json", "package-lock.json", ".npmrc", "scripts"])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  const env = {
    PATH: process.env.PATH,
    // No packages in a cache, and a registry that nobody answers for.
    HOME: folder,
    npm_config_registry: "http://127.0.0.1:1/",
    npm_config_fetch_retries: "0",
    npm_config_update_notifier: "false",
  };
  const { status, stderr } = spawnSync("npm", ["start"], { cwd: folder, env, encoding: "utf8" });
  assert.equal(status, 1);
  const [said = "", detail = ""] = stderr.split("What npm says:\n");
  assert.equal(
    said,
    "Installing the npm packages …\n" +
      "The npm packages could not be installed: the first start needs the npm registry once, and it can't be reached.\n" +
      "Look at this machine's network (or at npm's proxy settings), then start again.\n\n",
  );
  assert.match(detail, /^ {2}npm error code ECONNREFUSED/);
});
