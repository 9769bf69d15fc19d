import { type Command, Option } from "commander";
import { plainCommand } from "./command.js";
import { bash } from "./completion/bash.js";
import { fish } from "./completion/fish.js";
import { type CompletionNode, describeCommand } from "./completion/node.js";
import { zsh } from "./completion/zsh.js";
import { CommandError } from "./error.js";

const SHELLS: Readonly<Record<string, (commands: readonly CompletionNode[]) => string>> = { bash, zsh, fish };

/** Prints a script that lets the shell complete commands and options; `load` loads every command of `latchkey`. */
export function completionCommand(load: () => Promise<readonly Command[]>): Command {
  return plainCommand(
    "completion <shell>",
    "A script that lets bash, zsh or fish complete the commands and their options",
    "latchkey completion bash > ~/.local/share/bash-completion/completions/latchkey\nlatchkey completion zsh > ~/.zfunc/_latchkey\nlatchkey completion fish > ~/.config/fish/completions/latchkey.fish",
  ).action(async (shell: string) => {
    const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (script === undefined) throw new CommandError("USAGE", `There is no completion for "${shell}": bash, zsh or fish.`);
    const commands = (await load()).map((command) => describeCommand(command, [new Option("-h, --help", "display help for command")]));
    process.stdout.write(script(commands));
  });
}
