import { type CompletionNode, places } from "./node.js";

/** For zsh 5: commands and options with what they are for. (`path` is zsh's own word for PATH: never a variable here.) */
export function zsh(commands: readonly CompletionNode[]): string {
  const all = places(commands);
  const steps = all.filter(({ words }) => words.length > 0).map(({ words }) => `"${words.slice(0, -1).join(" ")}/${words.at(-1)}"`);
  const item = (name: string, summary: string) => `'${name.replaceAll(":", "\\:")}:${summary}'`;
  const offers = all.map(({ words, node }) => {
    const inner = node.commands.map(({ name, summary }) => item(name, summary));
    const flags = node.options.map(({ flag, summary }) => item(flag, summary));
    return `    "${words.join(" ")}") inner=(${inner.join(" ")}); flags=(${flags.join(" ")}) ;;`;
  });
  const withValue = [...new Set(all.flatMap(({ node }) => node.options.filter(({ takesValue }) => takesValue).map(({ flag }) => flag)))];
  return `#compdef latchkey
_latchkey() {
  local at="" word
  local -a inner flags
  case "\${words[CURRENT-1]}" in
    ${withValue.join(" | ")}) _files; return ;;
  esac
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at/$word" in
      ${steps.join(" | ")}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at" in
${offers.join("\n")}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -o option flags
  elif (( \${#inner} )); then
    _describe command inner
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _latchkey ]]; then _latchkey "$@"; else compdef _latchkey latchkey; fi
`;
}
