import { endOfLua } from "./lua-block.js";

/** A word of nginx's configuration, or one of its three marks. `line` counts from 1. */
export type Token =
  | { readonly kind: "word"; readonly text: string; readonly line: number }
  | { readonly kind: "{" | "}" | ";"; readonly line: number };

/** What can't be read the way nginx reads it: nothing may then be said about it. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

const SPACE: ReadonlySet<string> = new Set([" ", "\t", "\r", "\n"]);
/** Inside quotes, a backslash stands for the character after it only before these; elsewhere it stays (ngx_conf_read_token). */
const ESCAPED: Readonly<Record<string, string>> = { '"': '"', "'": "'", "\\": "\\", t: "\t", r: "\r", n: "\n" };

/**
 * Splits nginx's configuration into words and marks as ngx_conf_read_token does: `#` begins a comment only where a word
 * could begin, a quote only at a word's first character, and `${name}` belongs to its word. Throws SettingsError.
 */
export function tokenize(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;

  const fail = (what: string): never => {
    throw new SettingsError(`${file}:${line}: ${what}`);
  };
  const next = (): string => {
    const character = text[at] ?? "";
    at += 1;
    if (character === "\n") line += 1;
    return character;
  };
  const escaped = (): string => {
    const character = next();
    return Object.hasOwn(ESCAPED, character) ? (ESCAPED[character] ?? "") : `\\${character}`;
  };

  const quoted = (quote: string): string => {
    let word = "";
    for (;;) {
      if (at >= text.length) fail("a quote that does not end");
      const character = next();
      if (character === quote) break;
      word += character === "\\" ? escaped() : character;
    }
    const after = text[at];
    if (after !== undefined && !SPACE.has(after) && !";{)".includes(after)) fail(`"${after}" right after a quote`);
    return word;
  };

  const bare = (first: string): string => {
    let word = first === "\\" ? escaped() : first;
    let variable = first === "$";
    for (;;) {
      const character = text[at];
      if (character === undefined) fail("it ends in the midst of a directive");
      if (character === "{" && variable) {
        word += next();
        continue;
      }
      if (character === undefined || SPACE.has(character) || character === ";" || character === "{") return word;
      next();
      variable = character === "$";
      word += character === "\\" ? escaped() : character;
    }
  };

  const lua = () => {
    const end = endOfLua(text, at) ?? fail("a block of Lua that does not end");
    while (at < end - 1) next();
  };

  while (at < text.length) {
    const started = line;
    const character = next();
    if (SPACE.has(character)) continue;
    if (character === "#") {
      while (at < text.length && text[at] !== "\n") next();
    } else if (character === "{" || character === "}" || character === ";") {
      if (character === "{" && beginsLua(tokens)) lua();
      tokens.push({ kind: character, line: started });
    } else if (character === '"' || character === "'") {
      tokens.push({ kind: "word", text: quoted(character), line: started });
    } else {
      tokens.push({ kind: "word", text: bare(character), line: started });
    }
  }
  return tokens;
}

/** `content_by_lua_block {`, `set_by_lua_block $name {`: what follows is another language. */
function beginsLua(tokens: readonly Token[]): boolean {
  const first = tokens[tokens.findLastIndex(({ kind }) => kind !== "word") + 1];
  return first?.kind === "word" && first.text.endsWith("_by_lua_block");
}
