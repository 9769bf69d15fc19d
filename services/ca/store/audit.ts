import { createHash } from "node:crypto";
import type { AuditEntry, AuditRecord } from "./store.js";

/** What stands as the hash before the first record. */
export const GENESIS_HASH = "0".repeat(64);

/** Gives an entry its place: the number after the last record's, and the hash that chains it to that record. */
export function chain(entry: AuditEntry, last: Pick<AuditRecord, "sequence" | "hash">): AuditRecord {
  const placed = { ...entry, sequence: last.sequence + 1, previousHash: last.hash };
  return { ...placed, hash: hashOf(placed) };
}

/**
 * SHA-256 over the canonical bytes: the JSON array [previousHash, sequence, time (ISO 8601), event, actor, fields], fields as an
 * array of [name, value] in the order of their names.
 */
export function hashOf(record: Omit<AuditRecord, "hash">): string {
  const fields = Object.entries(record.fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const canonical = JSON.stringify([record.previousHash, record.sequence, record.time.toISOString(), record.event, record.actor, fields]);
  return createHash("sha256").update(canonical).digest("hex");
}
