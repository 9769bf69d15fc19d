import { createHash } from "node:crypto";
import { type AuditRecord, WatchAuditLogRequest, type WatchAuditLogResponse } from "../../generated/latchkey/v1/operations_service.js";
import { type Connection, toCallError } from "../connect/connect.js";

/** The records of the audit log, in order. Throws CallError. */
export async function* auditRecords(connection: Connection, afterSequence: string, follow: boolean): AsyncGenerator<AuditRecord> {
  const stream = connection.operations.watchAuditLog(WatchAuditLogRequest.create({ afterSequence, follow }));
  try {
    for await (const { record } of stream as AsyncIterable<WatchAuditLogResponse>) if (record !== undefined) yield record;
  } catch (error) {
    throw toCallError(error as Parameters<typeof toCallError>[0]);
  }
}

/**
 * The hash that a record must have, from what it says: SHA-256 over the JSON array [previousHash, sequence, time (ISO 8601), event,
 * actor, fields], fields as an array of [name, value] in the order of their names. The CA computes its own elsewhere: both are held
 * against test/vectors/audit-log.json.
 */
export function auditHash(record: Omit<AuditRecord, "hash">): string {
  const fields = Object.entries(JSON.parse(record.fieldsJson) as Record<string, unknown>).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { previousHash, sequence, time, event, actor } = record;
  const canonical = JSON.stringify([previousHash, Number(sequence), time?.toISOString(), event, actor, fields]);
  return createHash("sha256").update(canonical).digest("hex");
}
