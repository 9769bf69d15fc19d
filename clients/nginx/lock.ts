import { readFileSync } from "node:fs";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { folderError, HostError } from "./host-error.js";

/**
 * Takes the folder for this process, and makes it if need be; the result gives it back. Two hooks on one folder would undo each
 * other's work: the second gets a sentence. A lock whose process is gone counts for nothing. Throws HostError.
 */
export async function lockFolder(path: string): Promise<() => Promise<void>> {
  await mkdir(path, { recursive: true, mode: 0o755 }).catch((error: unknown) => {
    throw folderError(path, error);
  });
  const lock = join(path, ".lock");
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const file = await open(lock, "wx", 0o644);
      await file.writeFile(`${process.pid}\n`);
      await file.close();
      return () => rm(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw folderError(path, error);
      // Gone by now: then the next attempt takes it. One that can't be read may be somebody's.
      const text = await readFile(lock, "utf8").catch((unread: NodeJS.ErrnoException) => {
        if (unread.code === "ENOENT") return "";
        throw folderError(lock, unread);
      });
      const owner = Number(text);
      if (owner > 0 && owner !== process.pid && isAlive(owner)) {
        throw new HostError(`${path} is in use by process ${owner} (another latchkey-nginx): stop that one, or choose another --dir.`);
      }
      await rm(lock, { force: true });
    }
  }
  throw new HostError(`${lock} can't be taken: another latchkey-nginx is starting.`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that was killed and not yet waited for is gone: in a container that can take a while.
    return !/^\d+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
