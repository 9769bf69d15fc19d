import { Command, Option } from "commander";
import type { SessionOptions } from "./session.js";

export interface CommonOptions extends SessionOptions {
  readonly json?: boolean;
}

/** A command that talks to the CA: with the options that all of these share, and an example under its help. */
export function clientCommand(usage: string, description: string, example: string): Command {
  return plainCommand(usage, description, example)
    .addOption(new Option("--data <folder>", "the data folder of a CA on this host (LATCHKEY_DATA, ./data)"))
    .addOption(new Option("--credential <folder>", "an operator's credential folder (LATCHKEY_CREDENTIAL)"))
    .addOption(new Option("--json", "one JSON document on standard output"));
}

/** `usage` is the name with its arguments: `show <id>`. */
export function plainCommand(usage: string, description: string, example: string): Command {
  const [name = usage, ...words] = usage.split(" ");
  const command = new Command(name).description(description).addHelpText("after", `\nExample:\n${example.replaceAll(/^/gm, "  ")}`);
  // Else `operator list --json` would give --json to `operator`, which has that option, too.
  command.enablePositionalOptions();
  for (const word of words) command.argument(word);
  return command;
}
