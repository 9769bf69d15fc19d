import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type RenderedFile, textOf } from "../../site/rendered-file.js";
import { CommandError } from "../error.js";
import { isSystemError, systemWords } from "../failure.js";
import { makeFolder } from "../make-folder.js";
import { note, print, printJson } from "../terminal.js";
import { writeWhole } from "../write-whole.js";
import { showDiff } from "./diff.js";

interface Planned {
  readonly file: RenderedFile;
  readonly path: string;
  readonly text: string;
  readonly before: string | undefined;
  readonly state: "new" | "changed" | "same";
}

/**
 * Writes the files into a folder. What changes is shown; without `force`, a file that is there and has changed stops it before anything is
 * written. Throws FILE_EXISTS, FILE_UNREADABLE, WRITE_FAILED.
 */
export async function writeKit(
  out: string,
  files: readonly RenderedFile[],
  { force, json }: { force: boolean; json: boolean },
): Promise<void> {
  const planned = await Promise.all(files.map((file) => plan(out, file)));
  const changed = planned.filter(({ state }) => state === "changed");
  for (const one of changed) note(differenceOf(one));
  if (changed.length > 0 && !force) throw refusal(out, changed);
  await makeFolder(out, "The folder");
  for (const { file, path, text, state } of planned) {
    // A secret is written again even when it is the same: it must not be for others to read.
    if (state === "same" && file.secret !== true) continue;
    await makeFolder(dirname(path), "The folder");
    await writeWhole(path, text, { secret: file.secret === true, force: true });
  }
  if (json) printJson({ out, files: planned.map(toJson) });
  else report(planned);
}

async function plan(out: string, file: RenderedFile): Promise<Planned> {
  const path = join(out, file.path);
  const text = textOf(file);
  const before = await readBefore(path);
  return { file, path, text, before, state: before === undefined ? "new" : before === text ? "same" : "changed" };
}

async function readBefore(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new CommandError("FILE_UNREADABLE", `${path} is there, and can't be read: ${systemWords(error)}. Nothing was written.`, {
      cause: error,
    });
  }
}

function differenceOf({ file, path, text, before = "" }: Planned): string {
  return file.secret === true ? `${path} changes; how is not shown: it holds a secret.` : showDiff(path, before, text);
}

function refusal(out: string, changed: readonly Planned[]): CommandError {
  const what = changed.length === 1 ? `${changed[0]?.path} is` : `${changed.length} files in ${out} are`;
  return new CommandError(
    "FILE_EXISTS",
    `${what} there already, and not what would be written now: the difference stands above. Say --force to replace, or choose another --out. Nothing was written.`,
  );
}

function report(planned: readonly Planned[]): void {
  for (const { file, path, state } of planned) {
    print(`${path} (${state}${file.secret === true ? "; holds a secret: mode 0600" : ""})`);
    print(`  Goes to: ${file.goesTo}`);
  }
}

function toJson({ file: { goesTo, undo, secret = false }, path, state }: Planned): object {
  return { path, state, goesTo, undo, secret };
}
