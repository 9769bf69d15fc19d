import childProcess from "node:child_process";
import { writeFileSync } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

// Loaded before a program (`node --import`): it is killed, without a farewell, right before its step DIE_AT (the first is 1). A step is what changes a
// disk, or starts another program. Without DIE_AT it counts, and writes how many there were into the file COUNT_STEPS.
const at = Number(process.env.DIE_AT ?? 0);
const counted = process.env.COUNT_STEPS;
let steps = 0;

function step(): void {
  steps += 1;
  if (steps === at) process.kill(process.pid, "SIGKILL");
}

/** The same functions, each a step first. */
function watch(holder: object, names: readonly string[]): void {
  const functions = holder as Record<string, (...args: unknown[]) => unknown>;
  for (const name of names) {
    const original = functions[name];
    if (original === undefined) throw new Error(`there is no ${name}`);
    functions[name] = function (this: unknown, ...args: unknown[]) {
      step();
      return original.apply(this, args);
    };
  }
}

const handle = await fs.open(new URL(import.meta.url));
const FileHandle = Object.getPrototypeOf(handle) as object;
await handle.close();
watch(FileHandle, ["writeFile", "sync", "chmod"]);
watch(fs, ["mkdir", "link", "rename", "symlink", "rm"]);
watch(childProcess, ["spawn"]);
syncBuiltinESMExports();
if (counted !== undefined) process.once("exit", () => writeFileSync(counted, String(steps)));
