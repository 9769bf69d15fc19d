import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeCertificate } from "../../../services/ca/store/level/certificate-value.js";
import { under } from "../../../services/ca/store/level/key.js";
import { openDatabase } from "../../../services/ca/store/level/open.js";

/** What a store takes on disk, and what of it are devices' certificates themselves. */
export interface Compacted {
  readonly octets: number;
  readonly certificates: number;
  readonly derOctets: number;
}

/** Compacts the Level store of a CA that does not run, and counts. */
export async function compact(data: string): Promise<Compacted> {
  const folder = join(data, "store");
  const { database, release } = await openDatabase(folder);
  let certificates = 0;
  let derOctets = 0;
  try {
    for await (const value of database.values(under("certificate", "devices"))) {
      certificates += 1;
      derOctets += decodeCertificate(value).record.der.length;
    }
    const { compactRange } = database as unknown as { compactRange(start: Uint8Array, end: Uint8Array): Promise<void> };
    await compactRange.call(database, Buffer.of(0), Buffer.of(0xff));
  } finally {
    await database.close();
    await release();
  }
  return { octets: await octetsIn(folder), certificates, derOctets };
}

/** The lengths of its files; LevelDB's own log, which tells of its work, apart. */
async function octetsIn(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith("LOG"));
  const lengths = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return lengths.reduce((sum, length) => sum + length, 0);
}
