/** The services of Latchkey that run at boot, and the names of their units. */
export const SERVICES = { ca: "latchkey", enrollment: "latchkey-enrollment", nginx: "latchkey-nginx" } as const;
export type ServiceId = keyof typeof SERVICES;

/** A systemd service unit, before it is text. */
export interface Unit {
  readonly description: string;
  /** Units that start before it, where they are there at all. */
  readonly after: readonly string[];
  /** The words of the command. */
  readonly command: readonly string[];
  /** What else stands in `[Service]`, in this order. */
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** The first line of every unit that is ours to replace and to delete. */
const MARK = "# Latchkey wrote this file (`latchkey service install`), replaces it and deletes it (`latchkey service remove`).";

/** Whether a unit is one that `textOf` has made. */
export function isOurs(text: string): boolean {
  return text.startsWith(`${MARK}\n`);
}

/** The unit as its file has it (systemd.unit(5), systemd.service(5)). */
export function textOf({ description, after, command, settings }: Unit): string {
  return `${MARK}
# Your own settings go beside it, where they stay: systemctl edit NAME
[Unit]
Description=${description}
Wants=network-online.target
After=${["network-online.target", ...after].join(" ")}

[Service]
ExecStart=${command.map(argument).join(" ")}
${settings.map(([name, value]) => `${name}=${value}\n`).join("")}
[Install]
WantedBy=multi-user.target
`;
}

/**
 * A word of a command as systemd takes it (systemd.service(5), "Command lines"): what it would take for a variable or a specifier is doubled. The
 * first word is a path, in which no variables are looked for.
 */
function argument(word: string, at: number): string {
  const doubled = word.replaceAll("%", "%%");
  return quoted(at === 0 ? doubled : doubled.replaceAll("$", () => "$$"));
}

/** A path in a setting that takes a list of them (`ReadWritePaths=`). `isBound`: in one that takes `SOURCE:DESTINATION`, too. */
export function path(name: string, isBound = false): string {
  const doubled = name.replaceAll("%", "%%");
  return quoted(doubled, isBound ? (text) => text.replaceAll(":", "\\:") : undefined);
}

/**
 * `ID:PATH` of LoadCredential=, where systemd unquotes nothing: what follows the colon is the path as it stands, specifiers apart (load-fragment.c,
 * config_parse_load_credential). Throws RangeError for a path with a control character, which can't be written there.
 */
export function credential(id: string, file: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line end would begin another setting
  if (/[\x00-\x1f\x7f]/.test(file))
    throw new RangeError(`systemd can't be told of ${JSON.stringify(file)}: its name holds a control character.`);
  return `${id}:${file.replaceAll("%", "%%")}`;
}

/** systemd.syntax(7), "Quoting": C's escapes, between double quotes where a word needs them. */
function quoted(word: string, more: (text: string) => string = (text) => text): string {
  if (/^[\w./@%+=:,-]+$/.test(word) && more(word) === word) return word;
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line end in a path would begin another setting
  const printable = escaped.replaceAll(/[\x00-\x1f\x7f]/g, (octet) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return `"${more(printable)}"`;
}
