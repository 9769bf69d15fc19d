import { readFileSync } from "node:fs";
import { link, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folderError, HostError } from "./host-error.js";
import { processName } from "./workers.js";

/**
 * Takes the folder for this process, and makes it if need be; the result gives it back. Two hooks on one folder would undo each
 * other's work: the second gets a sentence. A lock whose process is gone counts for nothing, whoever has its number now. Throws HostError.
 */
export async function lockFolder(path: string): Promise<() => Promise<void>> {
  await mkdir(path, { recursive: true, mode: 0o755 }).catch((error: unknown) => {
    throw folderError(path, error);
  });
  const lock = join(path, ".lock");
  const own = `${lock}.${process.pid}`;
  try {
    await writeFile(own, `${(await processName(process.pid)) ?? process.pid}\n`, { mode: 0o644 });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      // Whole from its first moment on: one that is empty is nobody's who is just starting.
      if (await linked(own, lock)) {
        await removeLeft(path);
        return () => rm(lock, { force: true });
      }
      await refuseIfHeld(path, lock);
      await rm(lock, { force: true });
    }
  } catch (error) {
    throw error instanceof HostError ? error : folderError(path, error);
  } finally {
    await rm(own, { force: true }).catch(() => {});
  }
  throw new HostError(`${lock} can't be taken: another latchkey-nginx is starting.`);
}

/** Of those that were killed before they had the lock. */
async function removeLeft(path: string): Promise<void> {
  for (const name of await readdir(path)) {
    const [, pid] = /^\.lock\.(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && Number(pid) !== process.pid && !isAlive(Number(pid))) await rm(join(path, name), { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

async function refuseIfHeld(path: string, lock: string): Promise<void> {
  // Gone by now: then the next attempt takes it. One that can't be read may be somebody's.
  const text = await readFile(lock, "utf8").catch((unread: NodeJS.ErrnoException) => {
    if (unread.code === "ENOENT") return "";
    throw folderError(lock, unread);
  });
  const holder = text.trim();
  const pid = Number(holder.split("/")[0]);
  if (!(pid > 0) || pid === process.pid || !isAlive(pid)) return;
  const name = await processName(pid);
  if (name !== undefined && holder.includes("/") && name !== holder) return;
  throw new HostError(`${path} is in use by process ${pid} (another latchkey-nginx): stop that one, or choose another --dir.`);
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
