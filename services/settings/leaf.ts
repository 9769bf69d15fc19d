import { z } from "zod";
import { settingsSchema } from "../config.js";

/** One setting: what it is called in the file, and in the environment. */
export interface Leaf {
  /** `enrollment.trustedProxies`. */
  readonly path: string;
  /** `LATCHKEY_ENROLLMENT_TRUSTED_PROXIES`. */
  readonly variable: string;
  readonly type: "text" | "number" | "switch" | "list" | "numbers";
}

interface JsonSchema {
  readonly type?: string;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

const TYPES: Readonly<Record<string, Leaf["type"]>> = { string: "text", integer: "number", boolean: "switch", array: "list" };

/** Every setting that the schema has, in its order. */
export const LEAVES: readonly Leaf[] = walk(z.toJSONSchema(settingsSchema, { io: "input" }) as JsonSchema, []);

/** The names of the groups that settings stand in: `enrollment`, `enrollment.tls` … */
export const SECTIONS: ReadonlySet<string> = new Set(LEAVES.flatMap(({ path }) => ancestors(path)));

function walk(schema: JsonSchema, path: readonly string[]): Leaf[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const here = [...path, name];
    if (inner.properties !== undefined) return walk(inner, here);
    const type = inner.items?.type === "integer" ? "numbers" : TYPES[inner.type ?? ""];
    if (type === undefined) throw new Error(`the setting ${here.join(".")} has a type that no variable can hold`);
    return [{ path: here.join("."), variable: variableOf(here), type }];
  });
}

function variableOf(path: readonly string[]): string {
  return `LATCHKEY_${path.map((name) => name.replaceAll(/[A-Z]/g, "_$&").toUpperCase()).join("_")}`;
}

function ancestors(path: string): string[] {
  const names = path.split(".");
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join("."));
}
