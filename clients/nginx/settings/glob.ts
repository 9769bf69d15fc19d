/** Does nginx take this for a pattern, and not for a name? (ngx_conf_include) */
export function isGlob(name: string): boolean {
  return /[*?[]/.test(name);
}

/**
 * glob(3) with no flags, as nginx calls it: `*` and `?` stop at a slash and match no leading dot, a backslash takes a character
 * for itself, and nothing is normalised: `./sites/*.conf` gives names that begin with `./sites/`.
 */
export function globPattern(glob: string): RegExp {
  let pattern = "";
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at] ?? "";
    const isFirst = at === 0 || glob[at - 1] === "/";
    const visible = isFirst ? "(?!\\.)" : "";
    const close = character === "[" ? endOfSet(glob, at) : -1;
    if (character === "*") pattern += `${visible}[^/]*`;
    else if (character === "?") pattern += `${visible}[^/]`;
    else if (close > 0) {
      pattern += `${visible}(?!/)${set(glob.slice(at + 1, close))}`;
      at = close;
    } else if (character === "\\" && at + 1 < glob.length) {
      at += 1;
      pattern += literal(glob[at] ?? "");
    } else pattern += literal(character);
  }
  return new RegExp(`^${pattern}$`, "s");
}

/** Where a set ends: a `]` right at its beginning belongs to it. */
function endOfSet(glob: string, open: number): number {
  const first = open + (glob[open + 1] === "!" || glob[open + 1] === "^" ? 2 : 1);
  return glob.indexOf("]", first + 1);
}

function set(inside: string): string {
  const isNegated = inside.startsWith("!") || inside.startsWith("^");
  const characters = (isNegated ? inside.slice(1) : inside).replace(/[\\\]^[]/g, "\\$&");
  return `[${isNegated ? "^" : ""}${characters}]`;
}

function literal(character: string): string {
  return character.replace(/[.*+?^${}()|\\[\]/]/, "\\$&");
}
