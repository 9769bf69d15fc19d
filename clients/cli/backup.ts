import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { BackupRequest, type BackupResponse } from "../../generated/latchkey/v1/operations_service.js";
import { type Connection, toCallError } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { withConnection } from "./session.js";
import { print, printJson } from "./terminal.js";
import { refuseUnwritable, writeWhole } from "./write-whole.js";

export function backupCommand(): Command {
  return clientCommand(
    "backup",
    "A consistent copy of the CA while it runs; `latchkey serve --restore FILE` begins from it in an empty data folder",
    "latchkey backup --out house.backup",
  )
    .requiredOption("--out <file>", "the backup file (its keys stay encrypted; the passphrases are not in it)")
    .option("--force", "replace a file that is there")
    .action(async ({ out, ...options }: CommonOptions & { out: string; force?: boolean }) => {
      const force = options.force === true;
      await refuseUnwritable(out, force, "Nothing was written.");
      await withConnection(options, (connection) => writeWhole(out, backupOf(connection), { secret: true, force }));
      const { size } = await stat(out);
      if (options.json) printJson({ file: out, sizeOctets: size });
      else
        print(
          `${out}: ${size} octets. Keep it apart from the passphrase of the keys (\`latchkey status\` says where that is); it is worth nothing without it.${settingsBeside(options)}`,
        );
    });
}

/** Of settings the CA's store knows nothing: whoever restores would miss them first then. */
function settingsBeside({
  data = process.env.LATCHKEY_DATA ?? "./data",
  credential = process.env.LATCHKEY_CREDENTIAL,
}: CommonOptions): string {
  if (credential !== undefined)
    return " The settings are not in it: save the `latchkey.yaml` of the CA's data folder, and the files that it names, too, if there is one.";
  const file = join(data, "latchkey.yaml");
  return existsSync(file) ? ` The settings are not in it: save ${file}, and the files that it names, too.` : "";
}

/** The octets of a backup, as the CA sends them. Throws CallError. */
async function* backupOf({ operations }: Connection): AsyncGenerator<Uint8Array> {
  const stream = operations.backup(BackupRequest.create());
  try {
    for await (const { chunk } of stream as AsyncIterable<BackupResponse>) yield chunk;
  } catch (error) {
    throw toCallError(error as Parameters<typeof toCallError>[0]);
  }
}
