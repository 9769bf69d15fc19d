import { constants } from "node:fs";
import { link, mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { folderError } from "./host-error.js";
import { Problem } from "./problem.js";

/** What a front door reads. */
export const FILES = [
  "devices-ca.pem",
  "devices-crl.pem",
  "latchkey-crl.conf",
  "latchkey-refused.conf",
  "latchkey-status.conf",
  "revoked.caddy",
  "server.crt",
  "server.key",
] as const;
export type FileName = (typeof FILES)[number];
export type Contents = Partial<Record<FileName, string>>;

/**
 * The hook's folder. Each set of files is a generation, `generations/N/`, written whole and fsync'd before the one
 * symbolic link `current` is renamed over to it: nginx sees all of a set or nothing of it (a key never without its
 * certificate, a CRL never under another's number), and a SIGKILL between any two steps leaves a whole set in place.
 * `devices-crl.pem` and the others are links into `current`.
 *
 * The set before stays until `settle()`: going back is one rename. It also keeps its inodes taken, so
 * that a newer nginx, which takes the same inode and second for the same file, never mistakes a new file for an old one.
 */
export interface Folder {
  readonly path: string;
  /** The number of the current set; undefined when there is none. Throws Problem (WRITE_FAILED). */
  generation(): Promise<number | undefined>;
  /** A file of the current set; undefined when it has none of this name. Throws HostError. */
  read(name: FileName): Promise<string | undefined>;
  /** Makes a new set of the current one and these, and puts it in place. Throws Problem (DISK_FULL, WRITE_FAILED), with the current set untouched. */
  replace(contents: Contents): Promise<void>;
  /** Puts the set before back; the newer one stays beside it until `settle()` or `replace()`. False when there is none. Throws Problem. */
  rollBack(): Promise<boolean>;
  /** Puts the newest set in place again. Throws Problem. */
  rollForward(): Promise<void>;
  /** The current set is good: the others go. Those that can't be removed now go with a later one. */
  settle(): Promise<void>;
}

/** Throws HostError. */
export async function openFolder(path: string): Promise<Folder> {
  const generations = join(path, "generations");
  try {
    // nginx's own user may be another: only the key is secret.
    await mkdir(generations, { recursive: true, mode: 0o755 });
    // What a SIGKILL left half written.
    for (const name of await readdir(generations)) if (name.endsWith(".new")) await rm(join(generations, name), { recursive: true });
    // What somebody has deleted by hand.
    if ((await readlink(join(path, "current")).catch(noLink)) !== undefined) await linkFiles(path, join(path, "current"));
  } catch (error) {
    throw folderError(path, error);
  }

  const numbers = async () =>
    (await readdir(generations))
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .toSorted((a, b) => a - b);
  async function current(): Promise<number | undefined> {
    const target = await readlink(join(path, "current")).catch(noLink);
    return target === undefined ? undefined : Number(target.slice("generations/".length));
  }
  async function point(generation: number): Promise<void> {
    await replaceLink(path, "current", `generations/${generation}`);
    await syncFolder(path);
  }
  async function remove(name: string): Promise<void> {
    await rm(join(generations, name), { recursive: true, force: true });
  }

  /** What the disk says in the middle of the work is in its way, and not its end. */
  async function orProblem<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw asProblem(error, path);
    }
  }

  return {
    path,
    generation: () => orProblem(current),
    async read(name) {
      try {
        return await readFile(join(path, "current", name), "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        // What can't be read is not absent: the CRL that is held says what the next one may not forget.
        throw folderError(path, error);
      }
    },

    async replace(contents) {
      const from = await orProblem(current);
      const next = Math.max(0, ...(await orProblem(numbers))) + 1;
      const beside = join(generations, `${next}.new`);
      try {
        await mkdir(beside, { mode: 0o755 });
        for (const name of FILES) {
          const content = contents[name];
          if (content !== undefined) await writeDurably(join(beside, name), content, name === "server.key" ? 0o600 : 0o644);
          else if (from !== undefined) await link(join(generations, String(from), name), join(beside, name)).catch(ignoreMissing);
        }
        await syncFolder(beside);
        await rename(beside, join(generations, String(next)));
        await syncFolder(generations);
        // Before there is a set: a run that ends between the two finds nothing in place, and begins anew.
        await linkFiles(path, join(generations, String(next)));
        await point(next);
        for (const old of await numbers()) if (old !== next && old !== from) await remove(String(old));
      } catch (error) {
        const at = await current().catch(() => "unknown" as const);
        // It is in place: only what comes after it went wrong.
        if (at === next) return;
        await remove(`${next}.new`).catch(() => {});
        if (at !== "unknown") await remove(String(next)).catch(() => {});
        throw asProblem(error, path);
      }
    },

    rollBack: () =>
      orProblem(async () => {
        const at = await current();
        const before = (await numbers()).filter((number) => at !== undefined && number < at).at(-1);
        if (at === undefined || before === undefined) return false;
        await point(before);
        return true;
      }),

    rollForward: () =>
      orProblem(async () => {
        const newest = (await numbers()).at(-1);
        if (newest !== undefined) await point(newest);
      }),

    async settle() {
      try {
        const at = await current();
        for (const number of await numbers()) if (number !== at) await remove(String(number));
      } catch {
        // A disk that takes no more is said when something has to be written.
      }
    },
  };
}

async function writeDurably(path: string, content: string, mode: number): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    await file.chmod(mode);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The names that the front door knows, each a link into the current set: those of this one. */
async function linkFiles(path: string, set: string): Promise<void> {
  const there = await readdir(set);
  for (const name of FILES.filter((each) => there.includes(each))) {
    const target = `current/${name}`;
    if ((await readlink(join(path, name)).catch(noLink)) !== target) await replaceLink(path, name, target);
  }
  await syncFolder(path);
}

async function replaceLink(folder: string, name: string, target: string): Promise<void> {
  const beside = join(folder, `.${name}.new`);
  await rm(beside, { force: true });
  await symlink(target, beside);
  await rename(beside, join(folder, name));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

/** Nothing is there, or something that is no link. */
function noLink(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "EINVAL") throw error;
  return undefined;
}

function asProblem(error: unknown, path: string): Problem {
  const code = (error as NodeJS.ErrnoException).code;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const detail = isFull ? `Make room where ${path} lies.` : `${path}: ${error instanceof Error ? error.message : String(error)}.`;
  return new Problem(isFull ? "DISK_FULL" : "WRITE_FAILED", detail, undefined, { cause: error });
}
