/** One section of OpenWrt's configuration. Its values have been checked: none holds a single quote or a line end. */
export interface UciSection {
  /** `firewall`: the file in /etc/config. */
  readonly config: string;
  readonly type: string;
  /** Ours all begin with `latchkey_`, so that setting them again changes them, and adds none. */
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

/** A script for the router's shell, which says it all to `uci batch`. */
export function uciBatch(sections: readonly UciSection[], reload: string): string {
  const lines = sections.flatMap(({ config, type, name, options }) => [
    `set ${config}.${name}=${type}`,
    ...Object.entries(options).map(([option, value]) => `set ${config}.${name}.${option}=${quoted(value)}`),
  ]);
  const commits = configsOf(sections).map((config) => `commit ${config}`);
  return `#!/bin/sh\nuci batch <<'LATCHKEY'\n${[...lines, ...commits].join("\n")}\nLATCHKEY\n${reload}\n`;
}

/** The same as it stands in /etc/config. */
export function uciFile(sections: readonly UciSection[]): string {
  return sections
    .map(({ type, name, options }) => {
      const lines = Object.entries(options).map(([option, value]) => `\toption ${option} ${quoted(value)}`);
      return `config ${type} ${quoted(name)}\n${lines.join("\n")}\n`;
    })
    .join("\n");
}

/** What takes it all away again, in one line for the router's shell. */
export function uciUndo(sections: readonly UciSection[], reload: string): string {
  const deletes = sections.map(({ config, name }) => `uci -q delete ${config}.${name}`);
  return [...deletes, ...configsOf(sections).map((config) => `uci commit ${config}`), reload].join("; ");
}

function configsOf(sections: readonly UciSection[]): string[] {
  return [...new Set(sections.map(({ config }) => config))];
}

function quoted(value: string): string {
  if (/['\n]/.test(value)) throw new Error("a value for OpenWrt holds a quote or a line end");
  return `'${value}'`;
}
