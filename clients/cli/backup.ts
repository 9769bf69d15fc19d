import { open, rename, rm, stat } from "node:fs/promises";
import type { Command } from "commander";
import { BackupRequest, type BackupResponse } from "../../generated/latchkey/v1/operations_service.js";
import { toCallError } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { refuseExisting } from "./file.js";
import { withConnection } from "./session.js";
import { print, printJson } from "./terminal.js";

export function backupCommand(): Command {
  return clientCommand(
    "backup",
    "A consistent copy of the CA while it runs; `latchkey serve --restore FILE` begins from it in an empty data folder",
    "latchkey backup --out house.backup",
  )
    .requiredOption("--out <file>", "the backup file (its keys stay encrypted; the passphrases are not in it)")
    .option("--force", "replace a file that is there")
    .action(async (options: CommonOptions & { out: string; force?: boolean }) => {
      await refuseExisting(options.out, options.force === true);
      const beside = `${options.out}.${process.pid}.new`;
      const file = await open(beside, "wx", 0o600);
      try {
        await withConnection(options, async (connection) => {
          const stream = connection.operations.backup(BackupRequest.create());
          for await (const { chunk } of stream as AsyncIterable<BackupResponse>) await file.write(chunk);
        });
        await file.sync();
        await file.close();
        await rename(beside, options.out);
      } catch (error) {
        await file.close().catch(() => {});
        await rm(beside, { force: true });
        throw error instanceof Error && "details" in error ? toCallError(error as Parameters<typeof toCallError>[0]) : error;
      }
      const { size } = await stat(options.out);
      if (options.json) printJson({ file: options.out, sizeOctets: size });
      else
        print(
          `${options.out}: ${size} octets. Keep it apart from the passphrase of the keys (\`latchkey status\` says where that is); it is worth nothing without it.`,
        );
    });
}
