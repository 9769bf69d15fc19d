import type { Command } from "commander";
import { AddDomainRequest, AddDomainResponse } from "../../generated/latchkey/v1/operations_service.js";
import { call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { CommandError } from "./error.js";
import { toJson } from "./json.js";
import { ask } from "./question.js";
import { withConnection } from "./session.js";
import { bold, print, printJson } from "./terminal.js";

export function domainCommand(): Command {
  const command = clientCommand(
    "domain",
    "Change which domains the servers' certificates may be for",
    "latchkey domain add home.example.com",
  );
  command.addCommand(
    clientCommand(
      "add <domain>",
      "Permit one more domain, with its subdomains: asks for the recovery passphrase (or reads it from standard input)",
      "latchkey domain add home.example.com",
    ).action(async (domain: string, options: CommonOptions) => {
      const recoveryPassphrase = await readPassphrase();
      const request = AddDomainRequest.create({ domain, recoveryPassphrase });
      const response = await withConnection(options, (connection) => call(connection.operations, "addDomain", request));
      if (options.json) return printJson(toJson(AddDomainResponse, response));
      print(
        `${bold(domain)} is permitted, under a new intermediate; no phone has to be touched. All of them: ${response.domains.join(", ")}`,
      );
    }),
  );
  return command;
}

/** From the terminal, unseen; from a script, standard input. Never from an argument: `ps` shows those. */
async function readPassphrase(): Promise<string> {
  if (process.stdin.isTTY) return await ask("Recovery passphrase (it was shown at the first run): ", { secret: true });
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString().trim();
  if (text === "")
    throw new CommandError("USAGE", "The recovery passphrase is needed: type it at the terminal, or give it on standard input.");
  return text;
}
