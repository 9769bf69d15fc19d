import { verifyAuditChain } from "../../clients/cli/audit-chain.js";
import { CommandError } from "../../clients/cli/error.js";
import { AuditRecord as WireRecord } from "../../generated/latchkey/v1/operations_service.js";
import type { AuditRecord } from "../../services/ca/store/store.js";

/** Where `latchkey audit verify` finds the chain of these records broken: the sequence number; undefined when it is whole. */
export async function firstBreak(records: readonly AuditRecord[]): Promise<number | undefined> {
  try {
    await verifyAuditChain(records.map(asSent));
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError && error.code === "AUDIT_BROKEN")) throw error;
    return Number(/broken at record (\d+)/.exec(error.message)?.[1]);
  }
}

function asSent({ sequence, fields, ...rest }: AuditRecord): WireRecord {
  return WireRecord.create({ ...rest, sequence: String(sequence), fieldsJson: JSON.stringify(fields) });
}
