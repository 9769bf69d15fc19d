import type { Database, Reads } from "./group-commit.js";
import type { Key, Range } from "./key.js";

export type Entry = readonly [place: Key, value: Uint8Array];

/** Entries one by one, as Level's own iterators hand them out. */
export interface Cursor {
  next(): Promise<Entry | undefined>;
  close(): Promise<void>;
}

/** How far an iterator reads ahead: some forty entries of a list. A page takes as many, from a dozen lists at most. */
const READ_AHEAD_OCTETS = 4096;

/** The database as it is at one moment, whatever is written meanwhile. */
export interface Moment extends Reads {
  /** In the order of the keys, or the reverse. */
  entries(range: Range, options?: { readonly reverse?: boolean }): Cursor & AsyncIterable<Entry>;
}

export async function atOneMoment<T>(database: Database, work: (moment: Moment) => Promise<T>): Promise<T> {
  const snapshot = database.snapshot();
  try {
    return await work({
      get: (key) => database.getSync(key, { snapshot }),
      entries: ({ gte, lt }, { reverse = false } = {}) =>
        database.iterator({ gte, lt, reverse, snapshot, highWaterMarkBytes: READ_AHEAD_OCTETS }),
    });
  } finally {
    await snapshot.close();
  }
}
