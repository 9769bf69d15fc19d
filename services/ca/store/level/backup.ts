import { createHash } from "node:crypto";
import { LatchkeyError } from "../../authority/error.js";
import { bringToFormat } from "./format.js";
import type { Database } from "./group-commit.js";
import { key } from "./key.js";

/** No key is this long: it says that the digest follows. */
const END = 0xffff_ffff;
const CHUNK_OCTETS = 256 * 1024;
const BATCH_RECORDS = 1_000;

/**
 * Every key and value of one moment (an iterator reads a snapshot): its lengths (4 octets each, big-endian), the key, the value;
 * at the end 0xFFFFFFFF and SHA-256 over all that came before.
 */
export async function* dump(database: Database): AsyncGenerator<Uint8Array> {
  const digest = createHash("sha256");
  let gathered: Buffer[] = [];
  let size = 0;
  const take = () => {
    const chunk = Buffer.concat(gathered);
    gathered = [];
    size = 0;
    digest.update(chunk);
    return chunk;
  };
  for await (const [name, value] of database.iterator()) {
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(name.length, 0);
    lengths.writeUInt32BE(value.length, 4);
    gathered.push(lengths, Buffer.from(name), Buffer.from(value));
    size += 8 + name.length + value.length;
    if (size >= CHUNK_OCTETS) yield take();
  }
  if (size > 0) yield take();
  const end = Buffer.alloc(4);
  end.writeUInt32BE(END, 0);
  yield Buffer.concat([end, digest.digest()]);
}

/**
 * Fills an empty database, with these documents in place of the backup's. A mark is written first and taken away last, so that an
 * interrupted restore leaves an empty store at the next opening. A backup of an earlier format is brought to this one. Throws STORE_CORRUPT
 * for a backup that is torn, was changed or is of a later version, and DATA_IN_USE for a store that is not empty.
 */
export async function load(
  database: Database,
  chunks: AsyncIterable<Uint8Array>,
  documents: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  const present = await database.keys({ limit: 2 }).all();
  if (present.length > 1) throw new LatchkeyError("DATA_IN_USE", "This store is not empty: restore into an empty data folder.");
  await database.put(key.restoring, Buffer.of(1), { sync: true });
  try {
    await fill(database, chunks);
    await bringToFormat(database);
    const last = Object.entries(documents).map(([name, value]) => ({ type: "put", key: key.document(name), value }) as const);
    await database.batch([...last, { type: "del", key: key.restoring }], { sync: true });
  } catch (error) {
    await database.clear();
    await bringToFormat(database);
    throw error;
  }
}

async function fill(database: Database, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const digest = createHash("sha256");
  let buffer = Buffer.alloc(0);
  let batch: { type: "put"; key: Uint8Array; value: Uint8Array }[] = [];
  let expected: Buffer | undefined;
  for await (const chunk of chunks) {
    buffer = Buffer.concat([buffer, chunk]);
    let at = 0;
    while (buffer.length - at >= 4 && expected === undefined) {
      const keyLength = buffer.readUInt32BE(at);
      if (keyLength === END) {
        if (buffer.length - at < 36) break;
        expected = buffer.subarray(at + 4, at + 36);
        if (buffer.length > at + 36) throw corrupt();
        break;
      }
      if (buffer.length - at < 8) break;
      const end = at + 8 + keyLength + buffer.readUInt32BE(at + 4);
      if (buffer.length < end) break;
      batch.push({
        type: "put",
        key: Buffer.from(buffer.subarray(at + 8, at + 8 + keyLength)),
        value: Buffer.from(buffer.subarray(at + 8 + keyLength, end)),
      });
      digest.update(buffer.subarray(at, end));
      at = end;
      if (batch.length >= BATCH_RECORDS) {
        await database.batch(batch, { sync: true });
        batch = [];
      }
    }
    if (expected === undefined) buffer = buffer.subarray(at);
  }
  if (expected === undefined || !digest.digest().equals(expected)) throw corrupt();
  await database.batch(batch, { sync: true });
}

function corrupt(): LatchkeyError {
  return new LatchkeyError("STORE_CORRUPT", "The backup is torn or was changed: nothing was restored.");
}
