import { SettingsError, type Token, tokenize } from "./tokenize.js";

/** A directive with its arguments; a block has its own directives inside, a map or the like its entries. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: readonly Directive[];
  /** Of a block whose inside is names and values: they may be called anything, `server` or `ssl_crl` as well. */
  readonly entries?: readonly Directive[];
  /** Where it stands, for people: `/etc/nginx/nginx.conf:12`. */
  readonly place: string;
}

/** Blocks whose inside is no list of directives but names and values. */
const OF_ENTRIES: ReadonlySet<string> = new Set(["map", "geo", "types", "split_clients", "charset_map", "match"]);
/** Far more than any real configuration nests. */
const MAX_DEPTH = 64;

/** Reads one file's directives; `include` stays as it is. Throws SettingsError. */
export function parseDirectives(text: string, file: string): Directive[] {
  const tokens = tokenize(text, file);
  let at = 0;

  function block(depth: number): Directive[] {
    if (depth > MAX_DEPTH) throw new SettingsError(`${file}: blocks nested deeper than ${MAX_DEPTH}`);
    const directives: Directive[] = [];
    let words: (Token & { kind: "word" })[] = [];
    for (;;) {
      const token = tokens[at];
      at += 1;
      if (token === undefined) {
        if (depth > 0 || words.length > 0) throw new SettingsError(`${file}: it ends in the midst of a block or directive`);
        return directives;
      }
      if (token.kind === "word") {
        words.push(token);
        continue;
      }
      if (token.kind === "}") {
        if (depth === 0 || words.length > 0) throw new SettingsError(`${file}:${token.line}: unexpected "}"`);
        return directives;
      }
      const [name, ...args] = words;
      if (name === undefined) throw new SettingsError(`${file}:${token.line}: unexpected "${token.kind}"`);
      words = [];
      const place = `${file}:${name.line}`;
      const directive = { name: name.text, args: args.map(({ text }) => text), place };
      if (token.kind === ";") directives.push(directive);
      else if (OF_ENTRIES.has(name.text)) directives.push({ ...directive, entries: block(depth + 1) });
      else directives.push({ ...directive, block: block(depth + 1) });
    }
  }

  return block(0);
}
