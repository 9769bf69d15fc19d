import { LatchkeyError } from "../../authority/error.js";
import { leaveFormat1 } from "./format-1.js";
import type { Database } from "./group-commit.js";
import { key } from "./key.js";
import { readText, text } from "./value.js";

/** What this version writes. 2: lists of certificates apart by standing (`filing.ts`). */
const FORMAT = "2";

/**
 * Brings a database of an earlier format to this one, or goes on where a process was killed while doing so.
 * Throws STORE_CORRUPT for a format of a later version.
 */
export async function bringToFormat(database: Database): Promise<void> {
  const format = database.getSync(key.format);
  if (format === undefined) {
    await database.put(key.format, text(FORMAT), { sync: true });
    return;
  }
  if (readText(format) === "1") {
    // From here on an earlier version refuses the store: it would miss what has moved already.
    const begin = [
      { type: "put", key: key.format, value: text(FORMAT) },
      { type: "put", key: key.migrating, value: text("") },
    ] as const;
    await database.batch([...begin], { sync: true });
  } else if (readText(format) !== FORMAT) {
    throw new LatchkeyError(
      "STORE_CORRUPT",
      `The store in ${database.location} has format ${readText(format)}; this version of Latchkey knows ${FORMAT}. Use a newer version.`,
    );
  }
  if (database.getSync(key.migrating) !== undefined) await leaveFormat1(database);
}
