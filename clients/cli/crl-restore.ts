import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { RestoreRevocationsRequest, RestoreRevocationsResponse } from "../../generated/latchkey/v1/publication_service.js";
import { call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { CommandError, EXIT } from "./exit.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { print, printJson } from "./terminal.js";

interface RestoreOptions extends CommonOptions {
  readonly from?: string;
  readonly file?: string;
}

export function crlRestoreCommand(): Command {
  return clientCommand(
    "restore",
    "Bring back revocations that this CA, restored from an older backup, has forgotten",
    "latchkey crl restore --from front-door\nlatchkey crl restore --file devices-crl.pem",
  )
    .option("--from <subscriber>", "from the CRL that an nginx hook holds on to")
    .option("--file <file>", "from a CRL file (PEM or DER)")
    .action(async (options: RestoreOptions) => {
      if ((options.from === undefined) === (options.file === undefined))
        throw new CommandError("USAGE", "Say where the CRL is: --from SUBSCRIBER or --file FILE.", EXIT.usage);
      const source =
        options.file === undefined
          ? ({ $case: "subscriber", value: options.from ?? "" } as const)
          : ({ $case: "crl", value: await readFile(options.file) } as const);
      const response = await withConnection(options, (connection) =>
        call(connection.publication, "restoreRevocations", RestoreRevocationsRequest.create({ source })),
      );
      if (options.json) return printJson(toJson(RestoreRevocationsResponse, response));
      print(`${response.serialNumbers.length} revocations are back, on CRL ${response.crlNumber} of ${response.authority}.`);
      for (const serialNumber of response.serialNumbers) print(`  ${serialNumber}`);
    });
}
