/**
 * Where the Lua of a `…_by_lua_block { … }` ends: the place after its last brace, or undefined when there is none. Braces in strings and
 * comments are no braces, as the Lua module reads it.
 *
 * @param at the first character after the opening brace
 */
export function endOfLua(text: string, at: number): number | undefined {
  let depth = 1;
  const next = new RegExp(LUA, "gs");
  next.lastIndex = at;
  for (let found = next.exec(text); found !== null; found = next.exec(text)) {
    if (found[0] === "{") depth += 1;
    if (found[0] === "}") depth -= 1;
    if (depth === 0) return next.lastIndex;
  }
  return undefined;
}

/** A long comment or string (`--[==[ … ]==]`), a comment, a string in quotes, or a brace: whichever comes first. */
const LUA = /(?:--)?\[(=*)\[.*?\]\1\]|--[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{}]/.source;
