import type { NoticeKey, NoticeRecord } from "../../authority/types.js";
import type { Store } from "../store.js";
import type { Engine } from "./engine.js";
import type { Reads, Transaction } from "./group-commit.js";
import { type Key, key, under } from "./key.js";
import { json, readJson } from "./value.js";

type Notices = Pick<Store, "insertNotices" | "noticesOf" | "undeliveredNotices" | "updateNotice">;

export function notices({ database, commits, counters }: Engine): Notices {
  return {
    insertNotices: (records, entry) =>
      commits.run((transaction) => {
        const inserted = records.filter((record) => find(transaction, record) === undefined);
        for (const record of inserted) put(transaction, record);
        if (inserted.length > 0) counters.audit(transaction, entry(inserted));
        return inserted;
      }),

    async noticesOf(serialNumber) {
      const values = await database.values(under("notice", serialNumber)).all();
      return values.map((value) => readJson<NoticeRecord>(value));
    },

    async undeliveredNotices(channel, kind, limit) {
      const keys = await database.values({ ...under("notice-undelivered", channel, kind), limit }).all();
      // It may have been delivered since the list was read.
      return keys
        .map((value) => find(commits.committed, readJson<NoticeKey>(value)))
        .filter((record): record is NoticeRecord => record?.state.kind === kind);
    },

    updateNotice: (id, update, entry) =>
      commits.run((transaction) => {
        const before = find(transaction, id);
        if (before === undefined) return undefined;
        const after = update(before);
        if (after === before) return before;
        const listed = undeliveredPlace(before);
        if (listed !== undefined) transaction.delete(listed);
        put(transaction, after);
        const said = entry(after);
        if (said !== undefined) counters.audit(transaction, said);
        return after;
      }),
  };
}

function find(reads: Reads, id: NoticeKey): NoticeRecord | undefined {
  const value = reads.get(key.notice(id));
  return value === undefined ? undefined : readJson<NoticeRecord>(value);
}

function put(transaction: Transaction, record: NoticeRecord): void {
  const { serialNumber, daysBefore, channel } = record;
  transaction.put(key.notice(record), json(record));
  const listed = undeliveredPlace(record);
  if (listed !== undefined) transaction.put(listed, json({ serialNumber, daysBefore, channel }));
}

function undeliveredPlace(record: NoticeRecord): Key | undefined {
  const { state } = record;
  if (state.kind === "waiting") return key.undelivered("waiting", state.nextTryAt, record);
  return state.kind === "dead" ? key.undelivered("dead", state.at, record) : undefined;
}
