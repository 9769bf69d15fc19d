import type { Command } from "commander";
import { RestoreRevocationsRequest, RestoreRevocationsResponse } from "../../generated/latchkey/v1/publication_service.js";
import { call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { CommandError } from "./error.js";
import { toJson } from "./json.js";
import { readNamed } from "./read-named.js";
import { withConnection } from "./session.js";
import { print, printJson } from "./terminal.js";

interface RestoreOptions extends CommonOptions {
  readonly from?: string;
  readonly file?: string;
}

/** What fits into one message to the CA: 200,000 revocations. */
const LARGEST_CRL_OCTETS = 8 * 1024 * 1024 - 1024;

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
        throw new CommandError("USAGE", "Say where the CRL is: --from SUBSCRIBER or --file FILE.");
      const source =
        options.file === undefined
          ? ({ $case: "subscriber", value: options.from ?? "" } as const)
          : ({ $case: "crl", value: await readNamed(options.file, "The CRL", LARGEST_CRL_OCTETS) } as const);
      const response = await withConnection(options, (connection) =>
        call(connection.publication, "restoreRevocations", RestoreRevocationsRequest.create({ source })),
      );
      if (options.json) return printJson(toJson(RestoreRevocationsResponse, response));
      print(`${response.serialNumbers.length} revocations are back, on CRL ${response.crlNumber} of ${response.authority}.`);
      for (const serialNumber of response.serialNumbers) print(`  ${serialNumber}`);
    });
}
