import { type CompletionNode, places } from "./node.js";

/** For bash 4 and later: goes along the words that are commands, then offers what may follow. File names where nothing else fits. */
export function bash(commands: readonly CompletionNode[]): string {
  const all = places(commands);
  const steps = all.filter(({ words }) => words.length > 0).map(({ words }) => `"${words.slice(0, -1).join(" ")}/${words.at(-1)}"`);
  const offers = all.map(({ words, node }) => {
    const offered = [...node.commands.map(({ name }) => name), ...node.options.map(({ flag }) => flag)];
    return `    "${words.join(" ")}") offered="${offered.join(" ")}" ;;`;
  });
  const withValue = [...new Set(all.flatMap(({ node }) => node.options.filter(({ takesValue }) => takesValue).map(({ flag }) => flag)))];
  return `# bash completion of latchkey
_latchkey() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at="" word offered=""
  COMPREPLY=()
  case "\${COMP_WORDS[COMP_CWORD - 1]}" in
    ${withValue.join(" | ")}) return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at/$word" in
      ${steps.join(" | ")}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at" in
${offers.join("\n")}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$current")
}
complete -o default -F _latchkey latchkey
`;
}
