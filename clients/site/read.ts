import { isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { nearest } from "../../services/nearest.js";
import { type Site, siteSchema } from "./schema.js";

/** site.yaml can't be used: each problem names its line. */
export class SiteError extends Error {
  override readonly name = "SiteError";

  constructor(
    file: string,
    readonly problems: readonly string[],
  ) {
    super(`${file} can't be used.\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  }
}

type Document = ReturnType<typeof parseDocument>;
type Path = readonly PropertyKey[];

/** Reads a site out of YAML 1.2. Throws SiteError with every line that can't be used. */
export function parseSite(text: string, file: string): Site {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}: `;
  const refuse = (problems: readonly string[]) => new SiteError(file, problems);
  if (document.errors.length > 0) throw refuse(document.errors.map(({ message, pos: [offset] }) => at(offset) + message));
  if (!isMap(document.contents)) throw refuse([`${file}: it must hold names with values (name: value).`]);
  const parsed = siteSchema.safeParse(plainOf(document, file));
  if (parsed.success) return parsed.data;
  const isThere = (path: Path) => path.length === 0 || document.hasIn(path);
  const problems = parsed.error.issues.flatMap((issue) => explainIssue(issue, isThere));
  throw refuse(problems.map(({ path, words }) => at(offsetOf(document, path)) + words));
}

/** An alias may stand for much, and aliases of aliases for more than there is room: yaml refuses those. */
function plainOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new SiteError(file, [`${file}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

interface Problem {
  readonly path: Path;
  readonly words: string;
}

/** What is wrong, with the place that it is about. `isThere` tells a value that is missing from one that is wrong. */
export function explainIssue(issue: z.core.$ZodIssue, isThere: (path: Path) => boolean): Problem[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownName([...issue.path, key], key));
  const name = issue.path.length === 0 ? "it" : `\`${nameOf(issue.path)}\``;
  return [{ path: issue.path, words: isThere(issue.path) ? `${name} ${wordsFor(issue)}` : `${name} is missing.` }];
}

function unknownName(path: Path, key: string): Problem {
  const meant = nearest(key, KEYS);
  const hint = meant === undefined ? ": docs/site.md lists what is." : `: did you mean \`${meant}\`?`;
  return { path, words: `\`${nameOf(path)}\` is not known${hint}` };
}

const EXPECTED: Readonly<Record<string, string>> = {
  array: "must be a list.",
  object: "must hold names with values (name: value).",
  string: "must be text.",
  number: "must be a number.",
  int: "must be a whole number.",
  boolean: "must be true or false.",
};

function wordsFor(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return EXPECTED[issue.expected] ?? `must be of the type ${issue.expected}.`;
    case "too_small":
      return issue.origin === "array" || issue.origin === "string" ? "is empty." : `must be at least ${issue.minimum}.`;
    case "too_big":
      return issue.origin === "array" ? `has more than ${issue.maximum} entries.` : `must be at most ${issue.maximum}.`;
    case "invalid_value":
      return `can be ${issue.values.join(", ")}.`;
    default:
      return issue.message;
  }
}

/** `sites[0].domain`. */
function nameOf(path: Path): string {
  return path.map((part, at) => (typeof part === "number" ? `[${part}]` : `${at === 0 ? "" : "."}${String(part)}`)).join("");
}

/** Where it stands: the name itself where there is one, else the nearest thing around it. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path[length - 1]) : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return 0;
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** Every name that the schema knows, wherever it may stand. */
const KEYS: readonly string[] = [...new Set(namesIn(z.toJSONSchema(siteSchema, { io: "input" }) as JsonSchema))];

function namesIn({ properties = {}, items, anyOf = [], oneOf = [] }: JsonSchema): string[] {
  return [
    ...Object.entries(properties).flatMap(([name, inner]) => [name, ...namesIn(inner)]),
    ...[...anyOf, ...oneOf, ...(items === undefined ? [] : [items])].flatMap(namesIn),
  ];
}
