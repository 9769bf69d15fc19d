import { mkdir, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { LatchkeyError } from "../authority/error.js";
import type { Store } from "../store/store.js";
import { actorOf, type Caller } from "./caller.js";
import type { Context } from "./context.js";

/**
 * A backup is one line of JSON with the key files (as they lie on disk: encrypted), then the store's own backup.
 * It opens nothing without the passphrases, which are not in it.
 */
interface Header {
  readonly format: "latchkey-backup-1";
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
  const header: Header = { format: "latchkey-backup-1", keys };
  yield Buffer.from(`${JSON.stringify(header)}\n`);
  yield* context.store.backup();
}

/** Fills an empty store and an empty keys folder from a backup. Throws STORE_CORRUPT. */
export async function restoreBackup(store: Store, keysFolder: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let end = -1;
  while (end < 0) {
    const { value, done } = await iterator.next();
    if (done === true || head.length > LONGEST_HEADER_OCTETS) throw corrupt();
    head = Buffer.concat([head, value]);
    end = head.indexOf(NEWLINE);
  }
  const { keys } = parseHeader(head.subarray(0, end).toString("utf8"));
  const rest = head.subarray(end + 1);
  await store.restore(
    (async function* () {
      if (rest.length > 0) yield rest;
      for (;;) {
        const { value, done } = await iterator.next();
        if (done === true) return;
        yield value;
      }
    })(),
  );
  await mkdir(keysFolder, { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries(keys)) {
    const file = await open(join(keysFolder, name), "wx", 0o600);
    try {
      await file.writeFile(Buffer.from(content, "base64"));
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

function parseHeader(line: string): Header {
  try {
    const header = JSON.parse(line) as Header;
    if (header.format !== "latchkey-backup-1" || !Object.keys(header.keys).every(isKeyFile)) throw corrupt();
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
