import { type CompletionNode, places } from "./node.js";

/** For fish 3: one line for each command and option, with the condition in which it is offered. */
export function fish(commands: readonly CompletionNode[]): string {
  const lines = places(commands).flatMap(({ words, node }) => {
    const inner = node.commands.map(({ name }) => name).join(" ");
    const here = words.map((word) => `__fish_seen_subcommand_from ${word}`);
    const before =
      words.length === 0 ? ["__fish_use_subcommand"] : inner === "" ? here : [...here, `not __fish_seen_subcommand_from ${inner}`];
    return [
      ...node.commands.map(({ name, summary }) => `complete -c latchkey -f -n '${before.join("; and ")}' -a ${name} -d '${summary}'`),
      ...node.options.map(
        ({ flag, summary, takesValue }) =>
          `complete -c latchkey -n '${here.join("; and ")}' -l ${flag.slice(2)}${takesValue ? " -r" : ""} -d '${summary}'`,
      ),
    ];
  });
  return `# fish completion of latchkey\n${lines.join("\n")}\n`;
}
