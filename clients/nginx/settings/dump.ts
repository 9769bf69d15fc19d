import { LIST_FILE } from "../revocation-files.js";
import { type Directive, parseDirectives } from "./directive.js";
import { fullName, prefixOf } from "./file-name.js";
import { globPattern, isGlob } from "./glob.js";
import { SettingsError } from "./tokenize.js";

/** nginx's whole configuration, with every `include` followed. */
export interface Configuration {
  readonly directives: readonly Directive[];
  /** What nginx takes relative names from: its main file's folder, with its slash. */
  readonly prefix: string;
}

/** The hook's own list of whom a CRL refuses has as many lines as that: they say nothing of nginx's settings, and would be read at every look. */
const isOurList = (file: string | undefined) => file?.endsWith(`/${LIST_FILE}`) === true;
const LIST_ENTRY = /^ {2}[0-9A-F]{2,42} refused;$/;
const HEADER = /^# configuration file (.+):$/;
const MAX_INCLUDES = 100_000;
const MAX_DEPTH = 64;

/**
 * Reads what `nginx -T` prints: every file once, each after a line `# configuration file …:`, in the order in which nginx opens
 * them, the main one first. `include` is still in there and is followed here.
 *
 * A comment in a file can look like such a line, and nothing tells the two apart. So every file must be reached by an `include`,
 * in nginx's own order, and none may come twice: what is anything else than what nginx has read is an error, never left out.
 * Throws SettingsError.
 */
export function readDump(dump: string): Configuration {
  const files = splitFiles(dump);
  const [main] = files.keys();
  if (main === undefined) throw new SettingsError("nginx -T printed no configuration: it may need to run as root.");
  const prefix = prefixOf(main);
  const names = [...files.keys()];
  const reached = new Map<string, readonly Directive[]>();
  let included = 0;

  function open(file: string): readonly Directive[] {
    const known = reached.get(file);
    if (known !== undefined) return known;
    const expected = names[reached.size];
    if (expected !== file) throw new SettingsError(outOfOrder(file, expected));
    const directives = parseDirectives(files.get(file) ?? "", file);
    reached.set(file, directives);
    return directives;
  }

  function expand(directives: readonly Directive[], depth: number): Directive[] {
    if (depth > MAX_DEPTH) throw new SettingsError(`${directives[0]?.place}: files that include each other`);
    return directives.flatMap((directive) => {
      if (directive.name === "include") return include(directive, depth);
      const { block, entries } = directive;
      return [{ ...directive, ...(block && { block: expand(block, depth) }), ...(entries && { entries: expandEntries(entries, depth) }) }];
    });
  }

  /** In a map or a list of types `include` is the one word that is no key: with one value. */
  function expandEntries(entries: readonly Directive[], depth: number): Directive[] {
    return entries.flatMap((entry) => {
      if (entry.name !== "include" || entry.args.length !== 1) return [entry];
      // A geo base may lie beside it in another form, which nginx reads and does not print.
      return include(entry, depth, { mayBeMissing: true });
    });
  }

  function include({ args: [name = ""], place }: Directive, depth: number, { mayBeMissing } = { mayBeMissing: false }): Directive[] {
    included += 1;
    if (included > MAX_INCLUDES) throw new SettingsError(`${place}: more than ${MAX_INCLUDES} includes`);
    const whole = fullName(name, prefix);
    if (isGlob(whole)) return matching(whole).flatMap((file) => expand(open(file), depth + 1));
    if (files.has(whole)) return expand(open(whole), depth + 1);
    if (mayBeMissing) return [];
    throw new SettingsError(`${place}: nginx -T did not print ${whole}`);
  }

  /** In the order of glob(3), which compares octets. */
  function matching(glob: string): string[] {
    const pattern = globPattern(glob);
    return names.filter((name) => pattern.test(name)).toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  }

  const directives = expand(open(main), 0);
  const left = names[reached.size];
  if (left !== undefined) throw new SettingsError(outOfOrder(undefined, left));
  return { directives, prefix };
}

function outOfOrder(next: string | undefined, printed: string | undefined): string {
  const found = next === undefined ? "no include leads to" : `${next} comes next, and nginx -T printed`;
  return `${found} ${printed ?? "nothing more"}. If a comment of yours looks like "# configuration file ${printed ?? next}:", write it another way.`;
}

/** The files that the dump holds, the main one first. */
export function filesOf(dump: string): string[] {
  return [...splitFiles(dump).keys()];
}

function splitFiles(dump: string): Map<string, string> {
  const files = new Map<string, string>();
  let file: string | undefined;
  let lines: string[] = [];
  const finish = () => {
    if (file !== undefined) files.set(file, lines.join("\n"));
  };
  for (const line of dump.split("\n")) {
    const [, name] = HEADER.exec(line) ?? [];
    if (name === undefined) {
      if (!(isOurList(file) && LIST_ENTRY.test(line))) lines.push(line);
      continue;
    }
    finish();
    if (files.has(name))
      throw new SettingsError(`nginx -T printed ${name} twice. If a comment of yours looks like "${line}", write it another way.`);
    file = name;
    lines = [];
  }
  finish();
  return files;
}
