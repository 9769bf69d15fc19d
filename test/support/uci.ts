/** OpenWrt's configuration, read as libuci reads it: words, quotes, `#` begins a comment where a word could begin. */

export interface ReadSection {
  readonly config: string;
  readonly type: string;
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

interface OpenSection extends ReadSection {
  readonly options: Record<string, string>;
}

/** Splits one line into its words. Throws when a quote does not end. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let rest = line.trimStart();
  while (rest !== "" && !rest.startsWith("#")) {
    const found = /^(?:'[^']*'|"[^"]*"|[^\s'"#;])+/.exec(rest)?.[0];
    if (found === undefined) throw new Error(`can't be read: ${rest}`);
    words.push(found.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ""));
    rest = rest.slice(found.length).trimStart();
  }
  return words;
}

/** A file of /etc/config. */
export function readUciFile(config: string, text: string): ReadSection[] {
  const sections: OpenSection[] = [];
  for (const line of text.split("\n")) {
    const [keyword, first = "", second = ""] = wordsOf(line);
    const open = sections.at(-1);
    if (keyword === undefined) continue;
    if (keyword === "config") sections.push({ config, type: first, name: second, options: {} });
    else if (keyword === "option" && open !== undefined) open.options[first] = second;
    else throw new Error(`not known: ${line}`);
  }
  return sections;
}

/** The lines that a script gives to `uci batch`. */
export function readUciBatch(script: string): ReadSection[] {
  const [, batch = ""] = /^uci batch <<'LATCHKEY'\n(.*?)\nLATCHKEY$/ms.exec(script) ?? [];
  const sections = new Map<string, OpenSection>();
  const commits: string[] = [];
  for (const line of batch.split("\n")) {
    const [command, assignment = ""] = wordsOf(line);
    const [, config = "", name = "", option, value = ""] = /^(\w+)\.(\w+)(?:\.(\w+))?=(.*)$/.exec(assignment) ?? [];
    const open = sections.get(`${config}.${name}`);
    if (command === "commit") commits.push(assignment);
    else if (command !== "set" || config === "") throw new Error(`not known: ${line}`);
    else if (option === undefined) sections.set(`${config}.${name}`, { config, type: value, name, options: {} });
    else if (open === undefined) throw new Error(`before its section: ${line}`);
    else open.options[option] = value;
  }
  for (const { config } of sections.values()) if (!commits.includes(config)) throw new Error(`${config} is never committed`);
  return [...sections.values()];
}
