import { posix } from "node:path";
import { type Directive, parseDirectives } from "./directive.js";
import { SettingsError } from "./tokenize.js";

const HEADER = /^# configuration file (.+):$/;
const MAX_INCLUDES = 1_000;

/**
 * Reads what `nginx -T` prints: every file once, each after a line `# configuration file …:`, the main one first. `include`
 * is still in there and is followed here, relative to the main file's folder as nginx does. Throws SettingsError.
 */
export function readDump(dump: string): Directive[] {
  const files = splitFiles(dump);
  const [main] = files.keys();
  if (main === undefined) throw new SettingsError("nginx -T printed no configuration: it may need to run as root.");
  const prefix = posix.dirname(main);
  let included = 0;

  const parsed = new Map<string, Directive[]>();
  function directivesOf(file: string): Directive[] {
    const known = parsed.get(file);
    if (known !== undefined) return known;
    const directives = parseDirectives(files.get(file) ?? "", file);
    parsed.set(file, directives);
    return directives;
  }

  function expand(directives: readonly Directive[]): Directive[] {
    return directives.flatMap((directive) => {
      if (directive.name !== "include") return directive.block ? [{ ...directive, block: expand(directive.block) }] : [directive];
      included += 1;
      if (included > MAX_INCLUDES) throw new SettingsError(`${directive.place}: files that include each other`);
      const pattern = posix.resolve(prefix, directive.args[0] ?? "");
      if (/[*?[]/.test(pattern)) {
        const matches = globPattern(pattern);
        // nginx reads them in the order of glob(3).
        return [...files.keys()]
          .filter((file) => matches.test(file))
          .toSorted()
          .flatMap((file) => expand(directivesOf(file)));
      }
      if (!files.has(pattern)) throw new SettingsError(`${directive.place}: nginx -T did not print ${pattern}`);
      return expand(directivesOf(pattern));
    });
  }

  return expand(directivesOf(main));
}

function splitFiles(dump: string): Map<string, string> {
  const files = new Map<string, string>();
  let file: string | undefined;
  let lines: string[] = [];
  const finish = () => {
    if (file !== undefined && !files.has(file)) files.set(file, lines.join("\n"));
  };
  for (const line of dump.split("\n")) {
    const [, name] = HEADER.exec(line) ?? [];
    if (name === undefined) {
      lines.push(line);
      continue;
    }
    finish();
    file = name;
    lines = [];
  }
  finish();
  return files;
}

/** glob(3) with no flags: `*` and `?` stop at a slash, and match no leading dot. */
function globPattern(glob: string): RegExp {
  let pattern = "";
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at] ?? "";
    const visible = glob[at - 1] === "/" ? "(?!\\.)" : "";
    const close = character === "[" ? glob.indexOf("]", at + 2) : -1;
    if (character === "*") pattern += `${visible}[^/]*`;
    else if (character === "?") pattern += `${visible}[^/]`;
    else if (close > 0) {
      const inside = glob.slice(at + 1, close).replace(/\\/g, "\\\\");
      pattern += `[${inside.startsWith("!") ? `^${inside.slice(1)}` : inside}]`;
      at = close;
    } else pattern += character.replace(/[.+^${}()|\\[\]]/g, "\\$&");
  }
  return new RegExp(`^${pattern}$`);
}
