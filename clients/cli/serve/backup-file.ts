import { createReadStream } from "node:fs";
import { CommandError } from "../exit.js";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "this user may not read it",
  EISDIR: "it is a folder",
};

/** The octets of a backup, read as they are asked for. Throws READ_FAILED. */
export async function* readBackupFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path) as AsyncIterable<Buffer>;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new CommandError("READ_FAILED", `The backup ${path} can't be read: ${REASONS[code] ?? message}. Nothing was restored.`);
  }
}
