import type { Command, Option } from "commander";

/** What a shell needs to know of a command. */
export interface CompletionNode {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletionOption[];
  readonly commands: readonly CompletionNode[];
}

export interface CompletionOption {
  /** With its hyphens: `--wait`. */
  readonly flag: string;
  readonly summary: string;
  readonly takesValue: boolean;
}

/** Reads a command's options and subcommands; `common` are those that every command has. */
export function describeCommand(command: Command, common: readonly Option[]): CompletionNode {
  const options = [...command.options, ...common].flatMap((option) =>
    option.long === undefined || option.long === null
      ? []
      : [{ flag: option.long, summary: plain(option.description), takesValue: option.required || option.optional }],
  );
  return {
    name: command.name(),
    summary: plain(command.description()),
    options,
    commands: command.commands.map((inner) => describeCommand(inner, common)),
  };
}

/** Every place in the tree with the words that lead there: `["operator", "add"]`. The first is the top, with no words. */
export function places(commands: readonly CompletionNode[]): { readonly words: readonly string[]; readonly node: CompletionNode }[] {
  const walk = (words: readonly string[], node: CompletionNode): ReturnType<typeof places> => [
    { words, node },
    ...node.commands.flatMap((inner) => walk([...words, inner.name], inner)),
  ];
  return walk([], { name: "latchkey", summary: "", options: [], commands });
}

/** A summary stands between single quotes in three shells: without what any of them would take for its own. */
function plain(text: string): string {
  return text
    .replaceAll("'", "\u2019")
    .replaceAll(/[\\`$]/g, "")
    .replaceAll(/\s+/g, " ");
}
