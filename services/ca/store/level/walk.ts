import { LatchkeyError } from "../../authority/error.js";
import type { Page, PageRequest } from "../store.js";
import { after, type Key, type List } from "./key.js";
import type { Cursor, Entry, Moment } from "./moment.js";

/** Lists that are walked as one, in the order of what follows their prefixes. No two entries have the same. */
export interface Walk {
  readonly lists: readonly List[];
  /** Newest (or last) first. */
  readonly reverse: boolean;
}

/**
 * The page after a token: `read` makes an item of an entry, or leaves it out. `strays` belong among the entries of the first list,
 * but lie elsewhere. Throws PAGE_TOKEN_INVALID for a token of another query.
 */
export async function readPage<T>(
  moment: Moment,
  walk: Walk,
  { size, token }: PageRequest,
  read: (entry: Entry) => T | undefined,
  strays: readonly Entry[] = [],
): Promise<Page<T>> {
  const lists = token === "" ? walk.lists : whatIsLeft(walk, token);
  const items: T[] = [];
  let last: Key | undefined;
  for await (const entry of merged(moment, { ...walk, lists }, strays)) {
    const item = read(entry);
    if (item === undefined) continue;
    if (items.length === size) return { items, nextToken: toPageToken(last) };
    items.push(item);
    last = entry[0];
  }
  return { items, nextToken: "" };
}

/** A page token is the key after which to go on. */
function toPageToken(key: Key | undefined): string {
  return key === undefined ? "" : Buffer.from(key).toString("base64url");
}

/** What follows a page token, in every list: the token's certificate may have moved from one to another meanwhile. */
function whatIsLeft({ lists, reverse }: Walk, token: string): List[] {
  const seen = Buffer.from(token, "base64url");
  const own = lists.find(({ gte, lt }) => Buffer.compare(gte, seen) <= 0 && Buffer.compare(seen, lt) < 0);
  if (own === undefined || seen.toString("base64url") !== token) {
    throw new LatchkeyError("PAGE_TOKEN_INVALID", "This page token belongs to another query: begin with the first page.", {
      violations: [{ field: "page_token", description: "does not belong to this query" }],
    });
  }
  const order = seen.subarray(own.prefix.length);
  return lists.map((list) => {
    const place = Buffer.concat([list.prefix, order]);
    return reverse ? { ...list, lt: lesser(list.lt, place) } : { ...list, gte: greater(list.gte, after(place)) };
  });
}

/** The entries of all lists, in one order. */
async function* merged(moment: Moment, { lists, reverse }: Walk, strays: readonly Entry[]): AsyncGenerator<Entry> {
  const sources: { prefix: Key; cursor: Cursor }[] = lists.map((list) => ({
    prefix: list.prefix,
    cursor: moment.entries(list, { reverse }),
  }));
  const [first] = lists;
  if (first !== undefined && strays.length > 0) sources.push({ prefix: first.prefix, cursor: among(strays, first, reverse) });
  try {
    const heads = await Promise.all(sources.map(({ cursor }) => cursor.next()));
    for (;;) {
      let next: { at: number; entry: Entry; order: Key } | undefined;
      for (const [at, { prefix }] of sources.entries()) {
        const entry = heads[at];
        if (entry === undefined) continue;
        const order = entry[0].subarray(prefix.length);
        const compared = next === undefined ? 0 : Buffer.compare(order, next.order);
        if (next === undefined || (reverse ? compared > 0 : compared < 0)) next = { at, entry, order };
      }
      if (next === undefined) return;
      yield next.entry;
      heads[next.at] = await sources[next.at]?.cursor.next();
    }
  } finally {
    await Promise.all(sources.map(({ cursor }) => cursor.close()));
  }
}

/** Those strays that lie in the list's range, in its order. */
function among(strays: readonly Entry[], { gte, lt }: List, reverse: boolean): Cursor {
  const inRange = strays.filter(([place]) => Buffer.compare(gte, place) <= 0 && Buffer.compare(place, lt) < 0);
  const sorted = inRange.toSorted(([a], [b]) => (reverse ? Buffer.compare(b, a) : Buffer.compare(a, b)));
  let at = 0;
  return { next: async () => sorted[at++], close: async () => {} };
}

function lesser(a: Key, b: Key): Key {
  return Buffer.compare(a, b) < 0 ? a : b;
}

function greater(a: Key, b: Key): Key {
  return Buffer.compare(a, b) > 0 ? a : b;
}
