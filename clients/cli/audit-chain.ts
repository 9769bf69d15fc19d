import type { AuditRecord } from "../../generated/latchkey/v1/operations_service.js";
import { auditHash } from "./audit-records.js";
import { CommandError } from "./error.js";

/** What stands as the hash before the first record. */
const GENESIS_HASH = "0".repeat(64);

/** Computes every hash here, from what the CA sends. Throws AUDIT_BROKEN at the first record that does not follow from the one before. */
export async function verifyAuditChain(
  records: AsyncIterable<AuditRecord> | Iterable<AuditRecord>,
): Promise<{ sequence: number; hash: string }> {
  let last = { sequence: 0, hash: GENESIS_HASH };
  for await (const record of records) {
    const { event, hash, previousHash, sequence } = record;
    if (hash !== auditHash(record) || previousHash !== last.hash || Number(sequence) !== last.sequence + 1) {
      throw new CommandError(
        "AUDIT_BROKEN",
        `The log is broken at record ${sequence} (${event}): something before it was changed, taken out or put in. Compare with a backup.`,
      );
    }
    last = { sequence: Number(sequence), hash };
  }
  return last;
}
