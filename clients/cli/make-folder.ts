import { mkdir, readdir, rmdir } from "node:fs/promises";
import { CommandError } from "./error.js";
import { isSystemError, systemWords } from "./failure.js";
import { note } from "./terminal.js";

/** Makes a folder that the user has named, for its owner alone; `what` it is: `The data folder`. Throws WRITE_FAILED. */
export async function makeFolder(path: string, what: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    if (!isSystemError(error)) throw error;
    const why = error.code === "EEXIST" || error.code === "ENOTDIR" ? "there is a file in its place" : systemWords(error);
    throw new CommandError("WRITE_FAILED", `${what} ${path} can't be made: ${why}.`, { cause: error });
  });
}

/** Does the work in a folder that is new or empty; when the work fails, an empty folder does not stay. Throws FILE_EXISTS, WRITE_FAILED. */
export async function inNewFolder<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  await makeFolder(path, what);
  if ((await readdir(path)).length > 0)
    throw new CommandError("FILE_EXISTS", `${path} is not empty: choose a new folder. Nothing was issued.`);
  try {
    return await work();
  } catch (error) {
    await removeIfEmpty(path);
    throw error;
  }
}

const STAYS = new Set(["ENOTEMPTY", "EEXIST", "ENOENT"]);

/**
 * Takes an empty folder away. What is not empty stays: a key that was written is worth more than tidiness. Never throws, since it comes at the end
 * of what matters more: what else keeps it there is noted.
 */
export async function removeIfEmpty(path: string): Promise<void> {
  await rmdir(path).catch((error: NodeJS.ErrnoException) => {
    if (STAYS.has(error.code ?? "")) return;
    note(`The empty folder ${path} could not be taken away: ${isSystemError(error) ? systemWords(error) : error.message}.`);
  });
}
