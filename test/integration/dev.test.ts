import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const SCRIPTS = fileURLToPath(new URL("../../../scripts", import.meta.url));
const PATIENCE_MILLIS = 30_000;

/**
 * The real scripts of `npm run dev`, on a project of one source file: its "build" copies it, and fails where it says `error`.
 * (Ours takes half a minute, and is built by every other test.)
 */
const BUILD = `import { copyFileSync, readFileSync } from "node:fs";
const source = new URL("../services/source.mjs", import.meta.url);
if (readFileSync(source, "utf8").includes("error")) { console.error("a type error"); process.exit(2); }
copyFileSync(source, new URL("../dist/clients/cli/latchkey.js", import.meta.url));`;
const program = (version: number) => `console.log("version ${version} runs as", process.pid); setInterval(() => {}, 1000);`;

let folder: string;
let dev: ChildProcess;
let said = "";
const put = (path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

before(() => {
  folder = mkdtempSync(join(tmpdir(), "latchkey-dev-"));
  for (const script of ["dev.mjs", "install.mjs"]) cpSync(join(SCRIPTS, script), join(folder, "scripts", script));
  put("scripts/build.mjs", BUILD);
  put("services/source.mjs", program(1));
  for (const empty of ["proto/.keep", "clients/.keep", "test/.keep", "dist/clients/cli/.keep", "tsconfig.json", "buf.gen.yaml"])
    put(empty, "");
  put("package.json", '{"type":"module"}');
  put("package-lock.json", '{"packages":{}}');
  put("node_modules/.package-lock.json", '{"packages":{}}');
  dev = spawn(process.execPath, [join(folder, "scripts", "dev.mjs")], { stdio: ["ignore", "pipe", "pipe"] });
  const hear = (chunk: Buffer) => {
    said += chunk.toString();
  };
  dev.stdout?.on("data", hear);
  dev.stderr?.on("data", hear);
});
after(() => {
  dev.kill("SIGKILL");
  for (const [, pid] of said.matchAll(/runs as (\d+)/g)) if (isAlive(Number(pid))) process.kill(Number(pid), "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Waits until it says this; answers the first group. */
async function hears(pattern: RegExp): Promise<string> {
  for (const until = Date.now() + PATIENCE_MILLIS; Date.now() < until; await sleep(20)) {
    const [, group = ""] = pattern.exec(said) ?? ["", undefined];
    if (pattern.test(said)) return group;
  }
  assert.fail(`it did not say ${pattern}, but:\n${said}`);
}

/** Started and not yet gone; one that nobody has waited for is gone. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

test("npm run dev outlives a type error, serves again when it is mended, and leaves nothing behind", async () => {
  const first = Number(await hears(/version 1 runs as (\d+)/));

  put("services/source.mjs", "an error");
  await hears(/a type error/);
  await hears(/It does not build\. What was built before goes on serving/);
  assert.ok(isAlive(first), "what runs goes on");
  assert.equal(dev.exitCode, null);

  put("services/source.mjs", program(2));
  const second = Number(await hears(/version 2 runs as (\d+)/));
  assert.ok(!isAlive(first), "the old one is gone before the new one starts");

  const ended = new Promise((resolve) => dev.once("exit", resolve));
  dev.kill("SIGTERM");
  await ended;
  assert.ok(!isAlive(second), "nothing is left behind");
});
