import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Node, Pair } from "yaml";
import { nearest } from "../nearest.js";
import { LEAVES, SECTIONS } from "./leaf.js";
import { type Given, SettingsError } from "./source.js";

export const SETTINGS_FILE = "latchkey.yaml";
/** Relative ones are meant from the file that they stand in, not from wherever the command is run. */
const FILE_NAMES: ReadonlySet<string> = new Set([
  "keys.passphraseFile",
  "enrollment.tls.certificate",
  "enrollment.tls.key",
  "notices.webhook.secretFile",
  "notices.webhook.caFile",
  "notices.email.passwordFile",
  "notices.email.caFile",
]);

/** Reads `latchkey.yaml` of a data folder, if there is one. Throws SettingsError with every line that can't be used. */
export async function readSettingsFile(dataFolder: string): Promise<Given[]> {
  const file = join(dataFolder, SETTINGS_FILE);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new SettingsError([`${file} can't be read: ${message}`]);
  }
  return await parseSettings(text, file);
}

/** Reads the settings out of YAML 1.2. Throws SettingsError. */
export async function parseSettings(text: string, file: string): Promise<Given[]> {
  // Loaded when it is needed: most data folders have no file.
  const { isMap, isScalar, LineCounter, parseDocument } = await import("yaml");
  const isEmpty = (node: unknown) => node === null || node === undefined || (isScalar(node) && node.value === null);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const given: Given[] = [];
  const problems = document.errors.map(({ message, pos: [offset] }) => `${file}:${lines.linePos(offset).line}: ${message}`);
  const lineOf = (node: Node | undefined) => lines.linePos(node?.range?.[0] ?? 0).line;

  const section = (node: unknown, path: string) => {
    if (isEmpty(node)) return;
    if (isMap(node)) {
      for (const pair of node.items) entry(pair as Pair<Node, Node | null>, path);
    } else {
      problems.push(
        `${file}:${lineOf(node as Node)}: ${path === "" ? "the file" : `\`${path}\``} must hold names with values (name: value).`,
      );
    }
  };
  const entry = ({ key, value }: Pair<Node, Node | null>, parent: string) => {
    const name = isScalar(key) ? String(key.value) : key.toString();
    const path = parent === "" ? name : `${parent}.${name}`;
    const line = lineOf(key);
    const where = `${file}:${line}: \`${path}\``;
    if (SECTIONS.has(path)) return section(value, path);
    if (!LEAVES.some((leaf) => leaf.path === path)) return problems.push(`${where} is not known${suggest(path)}`);
    if (path === "data") return problems.push(`${where} can't be set in a file that lies in the data folder: use --data or LATCHKEY_DATA.`);
    if (isEmpty(value)) return problems.push(`${where} has no value: write one, or take the line out.`);
    const plain: unknown = (value as Node).toJS(document);
    given.push({
      path,
      value: FILE_NAMES.has(path) && typeof plain === "string" ? resolve(dirname(file), plain) : plain,
      source: { kind: "file", file, line },
    });
  };

  if (problems.length === 0) section(document.contents, "");
  if (problems.length > 0) throw new SettingsError(problems);
  return given;
}

function suggest(path: string): string {
  const meant = nearest(path, [...LEAVES.map((leaf) => leaf.path), ...SECTIONS]);
  return meant === undefined ? ": `latchkey config` lists the settings." : `: did you mean \`${meant}\`?`;
}
