import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { LatchkeyError } from "../authority/error.js";
import { writePrivateFile } from "../keys/private-file.js";
import type { Store } from "../store/store.js";
import { actorOf, type Caller } from "./caller.js";
import type { Context } from "./context.js";
import { isDataId, readDataId } from "./data-id.js";

/**
 * A backup is one line of JSON with the key files (as they lie on disk: encrypted) and whose they are, then the store's own backup.
 * It opens nothing without the passphrases, which are not in it.
 */
interface Header {
  readonly format: "latchkey-backup-1";
  readonly dataId: string;
  /** Name to base64. */
  readonly keys: Readonly<Record<string, string>>;
}

const NEWLINE = 0x0a;
const LONGEST_HEADER_OCTETS = 1024 * 1024;

export async function* createBackup(context: Context, caller: Caller, keysFolder: string): AsyncGenerator<Uint8Array> {
  const keys: Record<string, string> = {};
  for (const name of await readdir(keysFolder))
    if (isKeyFile(name)) keys[name] = (await readFile(join(keysFolder, name))).toString("base64");
  await context.store.appendAudit({
    time: context.clock.now(),
    event: "backup.made",
    actor: actorOf(caller),
    fields: { keys: Object.keys(keys) },
  });
  const header: Header = { format: "latchkey-backup-1", dataId: await readDataId(context.store), keys };
  yield Buffer.from(`${JSON.stringify(header)}\n`);
  yield* context.store.backup();
}

/** A backup whose first line has been read. */
export interface Backup {
  /** Which data folder it was made of: the passphrase file bears it. */
  readonly dataId: string;
  /** The key files by name, encrypted. */
  readonly keys: ReadonlyMap<string, Buffer>;
  /** The store's own backup. */
  readonly store: AsyncIterable<Uint8Array>;
}

/** Reads the first line. Throws STORE_CORRUPT. */
export async function readBackup(chunks: AsyncIterable<Uint8Array>): Promise<Backup> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let end = -1;
  while (end < 0) {
    const { value, done } = await iterator.next();
    if (done === true || head.length > LONGEST_HEADER_OCTETS) throw corrupt();
    head = Buffer.concat([head, value]);
    end = head.indexOf(NEWLINE);
  }
  const { dataId, keys } = parseHeader(head.subarray(0, end).toString("utf8"));
  const rest = head.subarray(end + 1);
  return {
    dataId,
    keys: new Map(Object.entries(keys).map(([name, content]) => [name, Buffer.from(content, "base64")])),
    store: (async function* () {
      if (rest.length > 0) yield rest;
      for (;;) {
        const { value, done } = await iterator.next();
        if (done === true) return;
        yield value;
      }
    })(),
  };
}

/**
 * Fills an empty store and the keys folder from a backup, with these documents in place of the backup's. The keys come first: killed in
 * between, there are keys of a CA that is not there, and the next try finds them as they should be. Throws STORE_CORRUPT, and
 * DATA_IN_USE where other keys lie.
 */
export async function restoreBackup(
  store: Store,
  keysFolder: string,
  backup: Backup,
  documents: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  const written = await writeKeys(keysFolder, backup.keys);
  try {
    await store.restore(backup.store, documents);
  } catch (error) {
    for (const path of written) await rm(path, { force: true });
    throw error;
  }
}

/** Answers the files that were not there before. */
async function writeKeys(folder: string, keys: Backup["keys"]): Promise<string[]> {
  const missing: [string, Buffer][] = [];
  for (const [name, content] of keys) {
    const path = join(folder, name);
    if (!existsSync(path)) missing.push([path, content]);
    else if (!content.equals(await readFile(path))) {
      throw new LatchkeyError("DATA_IN_USE", `${path} is another CA's: restore into an empty data folder (--data). Nothing was restored.`);
    }
  }
  for (const [path, content] of missing) await writePrivateFile(path, content);
  return missing.map(([path]) => path);
}

function parseHeader(line: string): Header {
  try {
    const header = JSON.parse(line) as Header;
    if (header.format !== "latchkey-backup-1" || !isDataId(header.dataId) || !Object.keys(header.keys).every(isKeyFile)) throw corrupt();
    return header;
  } catch (error) {
    throw error instanceof LatchkeyError ? error : corrupt();
  }
}

/** A name, never a path: a backup from elsewhere must not write where it likes. */
function isKeyFile(name: string): boolean {
  return /^[a-z0-9-]+\.key$/.test(name);
}

function corrupt(): LatchkeyError {
  return new LatchkeyError("STORE_CORRUPT", "This is no whole Latchkey backup: nothing was restored.");
}
