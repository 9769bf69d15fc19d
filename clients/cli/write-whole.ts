import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CommandError } from "./exit.js";

/**
 * Writes a file whole or not at all: beside its place, fsync'd, then renamed. Throws FILE_EXISTS unless `force`:
 * a bundle that is overwritten is a phone that can't be set up.
 */
export async function writeWhole(path: string, content: string | Uint8Array, options: { secret: boolean; force: boolean }): Promise<void> {
  if (!options.force && (await stat(path).catch(() => undefined)) !== undefined) {
    throw new CommandError("FILE_EXISTS", `${path} is there already: choose another name, or say --force to replace it.`);
  }
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  try {
    const file = await open(beside, "wx", options.secret ? 0o600 : 0o644);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw new CommandError("WRITE_FAILED", `${path} can't be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Refuses before anything is issued for a file that can't be written afterwards. */
export async function refuseExisting(path: string | undefined, force: boolean): Promise<void> {
  if (path === undefined) return;
  if (!force && (await stat(path).catch(() => undefined)) !== undefined) {
    throw new CommandError(
      "FILE_EXISTS",
      `${path} is there already: choose another name, or say --force to replace it. Nothing was issued.`,
    );
  }
  if ((await stat(dirname(path)).catch(() => undefined)) === undefined) {
    throw new CommandError("WRITE_FAILED", `The folder ${dirname(path)} is not there. Nothing was issued.`);
  }
}

/** To a file, or to standard output. What is published may be fetched again: an older file is simply replaced. */
export async function putPublished(content: string | Uint8Array, out: string | undefined): Promise<void> {
  if (out === undefined) process.stdout.write(content);
  else await writeWhole(out, content, { secret: false, force: true });
}
