import type { z } from "zod";
import { type Settings, settingsSchema } from "./config.js";
import { readSettingsFile } from "./settings/file.js";
import { LEAVES } from "./settings/leaf.js";
import { describeSource, type Given, SettingsError, type Source } from "./settings/source.js";
import { readFlags, readVariables } from "./settings/text.js";

export interface SettingsOrigin {
  /** By the setting's path; undefined means not given: `{ "grpc.listen": "127.0.0.1:0" }`. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `latchkey.yaml` is looked for, when no flag and no variable says so. */
  readonly dataFolder?: string;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** By the setting's path. */
  readonly sources: ReadonlyMap<string, Source>;
}

/**
 * The effective settings: `latchkey.yaml` in the data folder, then `LATCHKEY_*` variables, then flags; the later wins.
 * Throws SettingsError, whose every problem names the file and line, the variable or the flag.
 */
export async function loadSettings({ flags = {}, env, dataFolder = "./data" }: SettingsOrigin): Promise<LoadedSettings> {
  const outside = [...readVariables(env), ...readFlags(flags)];
  const data = outside.findLast(({ path }) => path === "data")?.value;
  const folder = typeof data === "string" && data !== "" ? data : dataFolder;
  const given = new Map<string, Given>();
  for (const one of [...(await readSettingsFile(folder)), ...outside]) given.set(one.path, one);
  if (!given.has("data")) given.set("data", { path: "data", value: folder, source: { kind: "default" } });

  const parsed = settingsSchema.safeParse(nest(given.values()));
  if (!parsed.success) throw new SettingsError(parsed.error.issues.map((issue) => explain(issue, given)));
  return { settings: parsed.data, sources: new Map(LEAVES.map(({ path }) => [path, given.get(path)?.source ?? { kind: "default" }])) };
}

/** `grpc.listen` → `{ grpc: { listen } }`. The paths are the schema's own, never a stranger's. */
function nest(given: Iterable<Given>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const { path, value } of given) {
    const names = path.split(".");
    const last = names.pop() ?? path;
    const section = names.reduce((inside, name) => {
      inside[name] ??= {};
      return inside[name] as Record<string, unknown>;
    }, root);
    section[last] = value;
  }
  return root;
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, given: ReadonlyMap<string, Given>): string {
  const names = issue.path.filter((name) => typeof name === "string").join(".");
  const one = given.get(names);
  if (one !== undefined) return `${describeSource(one.source)}: \`${names}\` ${problem(issue)}`;
  // Something is missing beside what was given: enrollment.tls has a certificate, but no key.
  const section = names.slice(0, names.lastIndexOf("."));
  const beside = [...given.values()].find(({ path }) => path.startsWith(`${section}.`));
  return beside === undefined
    ? `\`${names}\` ${problem(issue)}`
    : `${describeSource(beside.source)}: \`${names}\` is missing: it belongs to \`${beside.path}\`.`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  array: "must be a list, as `[60, 30]` is one.",
  string: "must be text.",
  int: "must be a whole number.",
  number: "must be a whole number.",
  boolean: "must be true or false.",
};

function problem(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return EXPECTED[issue.expected] ?? `must be of the type ${issue.expected}.`;
    case "too_small":
      return `must be at least ${issue.minimum}.`;
    case "too_big":
      return `must be at most ${issue.maximum}.`;
    case "invalid_value":
      return `can be ${issue.values.join(", ")}.`;
    case "invalid_format":
      return issue.format === "url"
        ? "must be a URL that begins with http:// (CRLs and CA certificates are signed; TLS would be a circle)."
        : issue.message;
    default:
      return issue.message;
  }
}
