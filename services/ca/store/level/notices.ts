import type { NoticeKey, NoticeRecord } from "../../authority/types.js";
import type { Store } from "../store.js";
import type { Engine } from "./engine.js";
import { findCertificate } from "./find-certificate.js";
import type { Reads, Transaction } from "./group-commit.js";
import { type Key, key, under } from "./key.js";
import { json, readJson } from "./value.js";

type Notices = Pick<Store, "insertNotices" | "noticesOf" | "undeliveredNotices" | "updateNotice" | "pruneNotices">;

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

    async pruneNotices(endedBefore, from, limit) {
      const { gte, lt } = under("notice");
      const places = await database.keys({ ...(from === "" ? { gte } : { gt: Buffer.from(from, "base64url") }), lt, limit }).all();
      const last = places.at(-1);
      const next = last === undefined || places.length < limit ? "" : Buffer.from(last).toString("base64url");
      const isOver = (reads: Reads, place: Key) => {
        const value = reads.get(place);
        return value !== undefined && isPrunable(reads, readJson<NoticeRecord>(value), endedBefore);
      };
      const over = places.filter((place) => isOver(commits.committed, place));
      if (over.length === 0) return { pruned: 0, next };
      return await commits.run((transaction) => {
        // One may have been taken up again since it was read.
        const still = over.filter((place) => isOver(transaction, place));
        for (const place of still) transaction.delete(place);
        return { pruned: still.length, next };
      });
    },
  };
}

function isPrunable(reads: Reads, { state, serialNumber }: NoticeRecord, endedBefore: Date): boolean {
  if (state.kind !== "delivered" && state.kind !== "withdrawn") return false;
  const certificate = findCertificate(reads, { authority: "devices", serialNumber });
  return certificate === undefined || certificate.record.notAfter < endedBefore;
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
