import { createHash } from "node:crypto";
import type { Command } from "commander";
import { AuditRecord, WatchAuditLogRequest, type WatchAuditLogResponse } from "../../generated/latchkey/v1/operations_service.js";
import { type Connection, toCallError } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { CommandError } from "./exit.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { dim, green, print, printable, printJson } from "./terminal.js";

interface AuditOptions extends CommonOptions {
  readonly after?: string;
  readonly follow?: boolean;
}

export function auditCommand(): Command {
  const command = clientCommand("audit", "Who did what, from the append-only log", "latchkey audit --follow")
    .option("--after <number>", "only records after this sequence number")
    .option("--follow", "go on with each new record")
    .action(async (options: AuditOptions) => {
      await withConnection(options, async (connection) => {
        for await (const record of records(connection, options.after ?? "0", options.follow === true)) {
          if (options.json) process.stdout.write(`${JSON.stringify(toJson(AuditRecord, record))}\n`);
          else
            print(
              `${dim(record.time?.toISOString() ?? "")}  ${record.event.padEnd(22)} ${printable(record.actor)}  ${printable(summary(record))}`,
            );
        }
      });
    });
  command.addCommand(
    clientCommand("verify", "Prove that no record was changed, taken out or put in between", "latchkey audit verify").action(
      async (options: CommonOptions) => {
        const last = await withConnection(options, verify);
        if (options.json) printJson({ whole: true, records: last.sequence, hash: last.hash });
        else
          print(
            `${green("The log is whole")}: ${last.sequence} records, the last with hash ${last.hash}. Keep that hash elsewhere to prove it later.`,
          );
      },
    ),
  );
  return command;
}

async function* records(connection: Connection, afterSequence: string, follow: boolean): AsyncGenerator<AuditRecord> {
  const stream = connection.operations.watchAuditLog(WatchAuditLogRequest.create({ afterSequence, follow }));
  try {
    for await (const { record } of stream as AsyncIterable<WatchAuditLogResponse>) if (record !== undefined) yield record;
  } catch (error) {
    throw toCallError(error as Parameters<typeof toCallError>[0]);
  }
}

/** Computes every hash here, from what the CA sends: SHA-256 over [previousHash, sequence, time, event, actor, sorted fields]. */
async function verify(connection: Connection): Promise<{ sequence: number; hash: string }> {
  let last = { sequence: 0, hash: "0".repeat(64) };
  for await (const record of records(connection, "0", false)) {
    const fields = Object.entries(JSON.parse(record.fieldsJson) as Record<string, unknown>).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const canonical = JSON.stringify([
      record.previousHash,
      Number(record.sequence),
      record.time?.toISOString(),
      record.event,
      record.actor,
      fields,
    ]);
    const hash = createHash("sha256").update(canonical).digest("hex");
    if (record.hash !== hash || record.previousHash !== last.hash || Number(record.sequence) !== last.sequence + 1) {
      throw new CommandError(
        "AUDIT_BROKEN",
        `The log is broken at record ${record.sequence} (${record.event}): something before it was changed, taken out or put in. Compare with a backup.`,
      );
    }
    last = { sequence: Number(record.sequence), hash };
  }
  return last;
}

function summary({ fieldsJson }: AuditRecord): string {
  const fields = JSON.parse(fieldsJson) as Record<string, unknown>;
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : String(value)}`)
    .join(" ");
}
