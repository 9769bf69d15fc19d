import type { Command } from "commander";
import { verifyAuditChain } from "./audit-chain.js";
import { auditRecords } from "./audit-records.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { withConnection } from "./session.js";
import { green, print, printJson } from "./terminal.js";

export function auditVerifyCommand(): Command {
  return clientCommand("verify", "Prove that no record was changed, taken out or put in between", "latchkey audit verify").action(
    async (options: CommonOptions) => {
      const last = await withConnection(options, (connection) => verifyAuditChain(auditRecords(connection, "0", false)));
      if (options.json) printJson({ whole: true, records: last.sequence, hash: last.hash });
      else
        print(
          `${green("The log is whole")}: ${last.sequence} records, the last with hash ${last.hash}. Keep that hash elsewhere to prove it later.`,
        );
    },
  );
}
