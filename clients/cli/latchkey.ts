#!/usr/bin/env node
// First: it must be before grpc-js.
import "../connect/grpc-log.js";

import { Command, CommanderError } from "commander";
import { VERSION } from "../../generated/build.js";
import { nearest } from "../../services/nearest.js";
import { COMMANDS, loadAll } from "./commands.js";
import { CommandError } from "./error.js";
import { EXIT } from "./exit.js";
import { describe, type Failure } from "./failure.js";

const EXIT_CODES = `
Exit codes:
  0    done
  1    refused: the CA, or this command, said no
  2    the command was not understood
  3    the CA can't be reached
  4    recorded, but not confirmed as enforced by every nginx hook
  5    \`latchkey doctor\` has found something that is not right
  130  ended by Ctrl-C at a question

Begin with:
  latchkey serve
  latchkey invite "Anna's phone"
  latchkey revoke "Anna's phone"`;

/** Runs one command; loads no more than that one needs. */
async function main(words: readonly string[]): Promise<void> {
  const [name] = words;
  const known = COMMANDS.find((one) => one.name === name);
  const program = new Command("latchkey")
    .description("A private certificate authority for the front door: a TLS client certificate on every phone.")
    .version(VERSION)
    // What follows a command's name is that command's: `operator list --json`.
    .enablePositionalOptions()
    .addHelpText("after", EXIT_CODES);
  const commands = known === undefined ? await loadAll() : [await known.load()];
  for (const command of commands) program.addCommand(command);
  throwInsteadOfExit(program);
  if (known === undefined && name !== undefined && name !== "help" && !name.startsWith("-")) throw unknownCommand(name);
  await program.parseAsync([...(words.length === 0 ? ["--help"] : words)], { from: "user" });
}

/** commander would exit by itself, with 1: a misunderstanding is a 2, and JSON was asked for, perhaps. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => {} });
  for (const inner of command.commands) throwInsteadOfExit(inner);
}

function unknownCommand(name: string): CommandError {
  const meant = nearest(
    name,
    COMMANDS.map((one) => one.name),
  );
  const hint = meant === undefined ? "`latchkey --help` lists them." : `Did you mean \`latchkey ${meant}\`?`;
  return new CommandError("USAGE", `There is no command "${name}". ${hint}`);
}

function report(error: unknown, words: readonly string[]): number {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
  const failure = error instanceof CommanderError ? misunderstanding(error, words) : describe(error);
  const { code, message, exitCode } = failure;
  if (words.includes("--json")) process.stderr.write(`${JSON.stringify({ code, message })}\n`);
  else if (message !== "") process.stderr.write(exitCode === EXIT.interrupted ? `${message}\n` : `latchkey: ${message}\n`);
  if (process.env.LATCHKEY_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return exitCode;
}

/** `latchkey operator` alone, a flag that is not known, a missing argument: all of commander's are usage. */
function misunderstanding({ code, message }: CommanderError, words: readonly string[]): Failure {
  const command = ["latchkey", ...words.filter((word) => !word.startsWith("-")).slice(0, 1)].join(" ");
  const what = code === "commander.help" ? `\`${command}\` needs to be told what to do.` : message.replace(/^error: /, "");
  return { code: "USAGE", message: `${what}\n\`${command} --help\` shows how it is written.`, exitCode: EXIT.usage };
}

// A reader that has seen enough (`latchkey list | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? EXIT.done : EXIT.refused));

const words = process.argv.slice(2);
try {
  await main(words);
} catch (error) {
  process.exitCode = report(error, words);
}
