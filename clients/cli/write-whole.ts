import { constants, type Stats } from "node:fs";
import { access, open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CommandError } from "./error.js";
import { isSystemError, systemWords } from "./failure.js";

type Content = string | Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Writes a file whole or not at all: beside its place, fsync'd, then renamed. Throws FILE_EXISTS unless `force`
 * (a bundle that is overwritten is a phone that can't be set up), WRITE_FAILED, and what `content` throws.
 */
export async function writeWhole(path: string, content: Content, options: { secret: boolean; force: boolean }): Promise<void> {
  const there = await refuseUnwritable(path, options.force, "");
  try {
    // A pipe or a terminal is written to; it must never be replaced by a file.
    if (there !== undefined && !there.isFile()) await put(path, "w", content, options.secret);
    else await replace(there === undefined ? path : await realpath(path), content, options.secret);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new CommandError("WRITE_FAILED", `${path} can't be written: ${systemWords(error)}.`, { cause: error });
  }
}

async function replace(path: string, content: Content, secret: boolean): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  try {
    await put(beside, "wx", content, secret);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function put(path: string, flags: "w" | "wx", content: Content, secret: boolean): Promise<void> {
  const file = await open(path, flags, secret ? 0o600 : 0o644);
  try {
    await writeFile(file, content);
    if (flags === "wx") await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Refuses before anything is done for a file that can't be written afterwards; `consequence`: `Nothing was issued.`
 * Answers what is there already. Throws FILE_EXISTS, WRITE_FAILED.
 */
export async function refuseUnwritable(path: string, force: boolean, consequence: string): Promise<Stats | undefined> {
  const refusal = (code: "FILE_EXISTS" | "WRITE_FAILED", sentence: string) => new CommandError(code, `${sentence} ${consequence}`.trim());
  const unwritable = (error: unknown) =>
    refusal("WRITE_FAILED", `${path} can't be written: ${isSystemError(error) ? systemWords(error) : String(error)}.`);
  const look = (at: string) =>
    stat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw unwritable(error);
    });
  const there = await look(path);
  if (there?.isDirectory()) throw refusal("WRITE_FAILED", `${path} is a folder: name a file in it.`);
  if (there !== undefined && !there.isFile()) return there;
  if (there !== undefined && !force)
    throw refusal("FILE_EXISTS", `${path} is there already: choose another name, or say --force to replace it.`);
  const folder = dirname(path);
  if (!(await look(folder))?.isDirectory()) throw refusal("WRITE_FAILED", `There is no folder ${folder}.`);
  await access(folder, constants.W_OK).catch((error: unknown) => {
    throw unwritable(error);
  });
  return there;
}

/** To a file, or to standard output. What is published may be fetched again: an older file is simply replaced. */
export async function putPublished(content: string | Uint8Array, out: string | undefined): Promise<void> {
  if (out === undefined) process.stdout.write(content);
  else await writeWhole(out, content, { secret: false, force: true });
}
