import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { CommandError } from "./error.js";
import { isSystemError, systemWords } from "./failure.js";

const CHUNK_OCTETS = 64 * 1024;

/**
 * Opens a file that the user has named, to read it; `what` it is, for the sentence: `The request`.
 * Throws FILE_NOT_FOUND, and FILE_UNREADABLE (a folder; no right to).
 */
export async function openNamed(path: string, what: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY).catch((error: unknown) => {
    throw unreadable(path, what, error);
  });
  if (!(await file.stat()).isDirectory()) return file;
  await file.close();
  throw new CommandError("FILE_UNREADABLE", `${what} can't be read: ${path} is a folder. Name the file in it.`);
}

/** Reads a file that the user has named, or a pipe. Throws what `openNamed` throws, and FILE_TOO_LARGE. */
export async function readNamed(path: string, what: string, largestOctets: number): Promise<Buffer> {
  const file = await openNamed(path, what);
  const chunks: Buffer[] = [];
  let octets = 0;
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_OCTETS), 0, CHUNK_OCTETS, null);
      if (bytesRead === 0) return Buffer.concat(chunks);
      octets += bytesRead;
      if (octets > largestOctets)
        throw new CommandError("FILE_TOO_LARGE", `${what} has more than ${largestOctets} octets: is ${path} the right file?`);
      chunks.push(buffer.subarray(0, bytesRead));
    }
  } catch (error) {
    throw error instanceof CommandError ? error : unreadable(path, what, error);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, what: string, error: unknown): CommandError {
  if (!isSystemError(error)) throw error;
  if (error.code === "ENOENT" || error.code === "ENOTDIR")
    return new CommandError("FILE_NOT_FOUND", `${what} can't be read: there is no file ${path}.`, { cause: error });
  return new CommandError("FILE_UNREADABLE", `${what} can't be read: ${path}: ${systemWords(error)}.`, { cause: error });
}
