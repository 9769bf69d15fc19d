import type { Command } from "commander";
import { AuditRecord } from "../../generated/latchkey/v1/operations_service.js";
import { auditRecords } from "./audit-records.js";
import { auditVerifyCommand } from "./audit-verify.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { dim, print, printable } from "./terminal.js";

interface AuditOptions extends CommonOptions {
  readonly after?: string;
  readonly follow?: boolean;
}

export function auditCommand(): Command {
  return clientCommand("audit", "Who did what, from the append-only log", "latchkey audit --follow")
    .option("--after <number>", "only records after this sequence number")
    .option("--follow", "go on with each new record")
    .action(async (options: AuditOptions) => {
      await withConnection(options, async (connection) => {
        for await (const record of auditRecords(connection, options.after ?? "0", options.follow === true)) {
          if (options.json) process.stdout.write(`${JSON.stringify(toJson(AuditRecord, record))}\n`);
          else
            print(
              `${dim(record.time?.toISOString() ?? "")}  ${record.event.padEnd(22)} ${printable(record.actor)}  ${printable(summary(record))}`,
            );
        }
      });
    })
    .addCommand(auditVerifyCommand());
}

function summary({ fieldsJson }: AuditRecord): string {
  const fields = JSON.parse(fieldsJson) as Record<string, unknown>;
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : String(value)}`)
    .join(" ");
}
