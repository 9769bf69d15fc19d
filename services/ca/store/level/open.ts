import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Level } from "level";
import { LatchkeyError } from "../../authority/error.js";
import { bringToFormat } from "./format.js";
import type { Database } from "./group-commit.js";
import { key } from "./key.js";

/**
 * Opens (or makes) the database in a folder, and brings it to this version's format; `release` is called once it is closed again.
 * Throws DATA_IN_USE while another process has it, STORE_CORRUPT for the format of a later version.
 */
export async function openDatabase(folder: string): Promise<{ database: Database; release: () => Promise<void> }> {
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
  const database: Database = new Level(folder, { keyEncoding: "view", valueEncoding: "view" });
  const holder = `${folder}.pid`;
  try {
    await database.open();
  } catch (error) {
    throw await explainOpening(folder, holder, error);
  }
  try {
    if (database.getSync(key.restoring) !== undefined) await database.clear();
    await bringToFormat(database);
    await writeFile(holder, `${process.pid}\n`);
    return { database, release: () => rm(holder, { force: true }) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The lock is LevelDB's own; the file beside it only says who holds it. */
async function explainOpening(folder: string, holder: string, error: unknown): Promise<LatchkeyError> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if ((cause as { code?: string }).code === "LEVEL_LOCKED") {
    const pid = (await readFile(holder, "utf8").catch(() => "")).trim();
    return new LatchkeyError(
      "DATA_IN_USE",
      `the data folder is in use by process ${pid === "" ? "(unknown)" : pid}: stop that one first, or choose another folder with --data.`,
      {
        cause: error,
      },
    );
  }
  return new LatchkeyError(
    "STORE_CORRUPT",
    `The store in ${folder} can't be opened: ${(cause as Error).message}. Restore a backup into a new data folder.`,
    { cause: error },
  );
}
