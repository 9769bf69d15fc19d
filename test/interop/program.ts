import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

export interface Outcome {
  /** Exit code. */
  readonly code: number;
  /** Standard output and standard error, one after the other. */
  readonly text: string;
}

/** Runs a real program to its end. A program that is missing, or hangs for a minute, fails the test: nothing is skipped. */
export function run(program: string, args: readonly string[], input: string | Uint8Array = ""): Outcome {
  const result = spawnSync(program, [...args], { input, timeout: 60_000, encoding: "utf8", env: { ...process.env, LC_ALL: "C.UTF-8" } });
  if (result.error !== undefined) throw new Error(`${program} could not be run: ${result.error.message}`);
  if (result.status === null) throw new Error(`${program} was ended by ${result.signal}`);
  return { code: result.status, text: result.stdout + result.stderr };
}

/** A folder that goes with the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
