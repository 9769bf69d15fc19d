import { nearest } from "../nearest.js";
import { LEAVES, type Leaf } from "./leaf.js";
import { type Given, SettingsError, type Source } from "./source.js";

/** Variables of ours that are no settings. */
export const OTHER_VARIABLES: ReadonlySet<string> = new Set(["LATCHKEY_CREDENTIAL", "LATCHKEY_PASSPHRASE", "LATCHKEY_DEBUG"]);

/** The flags that are settings, too. */
export const SETTING_FLAGS: Readonly<Record<string, string>> = {
  data: "--data",
  "grpc.listen": "--grpc",
  "http.listen": "--http",
  "enrollment.listen": "--enroll",
  "enrollment.lan": "--lan",
  "enrollment.host": "--enroll-host",
  "devices.listen": "--devices",
  domains: "--domain",
};

/** Reads the `LATCHKEY_*` variables. Throws SettingsError for those that are not known. */
export function readVariables(env: Readonly<Record<string, string | undefined>>): Given[] {
  const names = Object.keys(env).filter((name) => name.startsWith("LATCHKEY_") && !OTHER_VARIABLES.has(name));
  const known = LEAVES.map(({ variable }) => variable);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new SettingsError(
      unknown.map((name) => {
        const meant = nearest(name, [...known, ...OTHER_VARIABLES]);
        return `The variable ${name} is not known${meant === undefined ? ": `latchkey config` lists the settings." : `: did you mean ${meant}?`}`;
      }),
    );
  }
  return LEAVES.flatMap((leaf) => {
    const text = env[leaf.variable];
    return text === undefined
      ? []
      : [{ path: leaf.path, value: fromText(leaf, text), source: { kind: "variable", name: leaf.variable } as Source }];
  });
}

/** Reads flags, given by the setting's path: `{ "grpc.listen": "127.0.0.1:0" }`. */
export function readFlags(flags: Readonly<Record<string, string | undefined>>): Given[] {
  return Object.entries(flags).flatMap(([path, text]) => {
    const leaf = LEAVES.find((one) => one.path === path);
    const name = SETTING_FLAGS[path];
    if (leaf === undefined || name === undefined) throw new Error(`no flag sets ${path}`);
    return text === undefined ? [] : [{ path, value: fromText(leaf, text), source: { kind: "flag", name } as Source }];
  });
}

/** A list is joined by commas. What can't be read stays text: the schema says what is wrong with it. */
function fromText({ type }: Leaf, text: string): unknown {
  switch (type) {
    case "text":
      return text;
    case "number":
      return toNumber(text);
    case "switch":
      return text === "true" ? true : text === "false" ? false : text;
    case "list":
      return items(text);
    case "numbers":
      return items(text).map(toNumber);
  }
}

function items(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function toNumber(text: string): number | string {
  return /^-?\d{1,15}$/.test(text.trim()) ? Number(text) : text;
}
