import type { Command } from "commander";
import type { Connection } from "../connect/connect.js";
import { auditHash, auditRecords } from "./audit-records.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { CommandError } from "./error.js";
import { withConnection } from "./session.js";
import { green, print, printJson } from "./terminal.js";

/** What stands as the hash before the first record. */
const GENESIS_HASH = "0".repeat(64);

export function auditVerifyCommand(): Command {
  return clientCommand("verify", "Prove that no record was changed, taken out or put in between", "latchkey audit verify").action(
    async (options: CommonOptions) => {
      const last = await withConnection(options, verify);
      if (options.json) printJson({ whole: true, records: last.sequence, hash: last.hash });
      else
        print(
          `${green("The log is whole")}: ${last.sequence} records, the last with hash ${last.hash}. Keep that hash elsewhere to prove it later.`,
        );
    },
  );
}

/** Computes every hash here, from what the CA sends. Throws AUDIT_BROKEN at the first record that does not follow from the one before. */
async function verify(connection: Connection): Promise<{ sequence: number; hash: string }> {
  let last = { sequence: 0, hash: GENESIS_HASH };
  for await (const record of auditRecords(connection, "0", false)) {
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
