import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LATCHKEY, parseTranscript, runLine, toPattern } from "../support/transcript.js";

const TRANSCRIPTS = fileURLToPath(new URL("../../../test/transcripts/", import.meta.url));
/** A hook that registers and is gone. */
const WATCH_ONCE = fileURLToPath(new URL("../support/watch-once.js", import.meta.url));
const START_MILLIS = 60_000;

/** `latchkey serve` in a folder of its own; its data are in `data`, as for a person who has just begun. */
async function startServe(folder: string, environment: Record<string, string>): Promise<ChildProcess> {
  const addresses = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--enroll", "127.0.0.1:0", "--enroll-host", "localhost"];
  const child = spawn(process.execPath, [LATCHKEY, "serve", ...addresses], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? "", HOME: folder, ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const until = Date.now() + START_MILLIS;
  while (!existsSync(join(folder, "data", "run.json"))) {
    if (child.exitCode !== null || Date.now() > until) {
      // One that is slow must not outlive the test, which would wait for it.
      child.kill("SIGKILL");
      assert.fail(`latchkey serve did not start:\n${log}`);
    }
    await sleep(50);
  }
  return child;
}

async function stopServe(child: ChildProcess): Promise<number | null> {
  const gone = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  return await gone;
}

for (const file of readdirSync(TRANSCRIPTS).filter((name) => name.endsWith(".txt"))) {
  describe(`transcript ${file}`, async () => {
    const steps = parseTranscript(readFileSync(join(TRANSCRIPTS, file), "utf8"));
    test("what a person sees is what stands there", async (context) => {
      assert.ok(steps.length > 0, "a transcript without a command");
      const folder = await mkdtemp(join(tmpdir(), "latchkey-transcript-"));
      const environment = { XDG_CONFIG_HOME: join(folder, "config"), TZ: "UTC", LANG: "C.UTF-8", WATCH_ONCE };
      const child = await startServe(folder, environment);
      try {
        for (const { line, command, expected, exitCode } of steps) {
          await context.test(`${line}: ${command}`, async () => {
            const outcome = await runLine(command, folder, environment);
            assert.match(outcome.printed === "" ? "" : `${outcome.printed}\n`, toPattern(expected), `printed:\n${outcome.printed}\n`);
            assert.equal(outcome.exitCode, exitCode);
          });
        }
      } finally {
        const code = await stopServe(child);
        assert.equal(code, 0, "latchkey serve ends cleanly on SIGTERM");
        assert.ok(!existsSync(join(folder, "data", "run.json")), "run.json is gone at the end");
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
}
