import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { z } from "zod";
import { parseSite } from "../../../clients/site/read.js";
import { siteSchema } from "../../../clients/site/schema.js";

const PAGE = readFileSync(new URL("../../../../docs/site.md", import.meta.url), "utf8");

interface JsonSchema {
  readonly type?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
}

/** Every name that may stand in site.yaml, in its order, with its default. */
function leavesOf(schema: JsonSchema, path: string): (readonly [path: string, fallback: unknown])[] {
  if (schema.oneOf !== undefined) return schema.oneOf.flatMap((one) => leavesOf(one, path));
  if (schema.items?.properties !== undefined) return leavesOf(schema.items, `${path}[]`);
  if (schema.properties === undefined) return [[path, schema.default]];
  return Object.entries(schema.properties).flatMap(([name, inner]) => leavesOf(inner, path === "" ? name : `${path}.${name}`));
}

const leaves = leavesOf(z.toJSONSchema(siteSchema, { io: "input" }) as JsonSchema, "");
const rows = PAGE.split("\n")
  .filter((line) => /^\| `[a-zA-Z]+(\[\])?(\.|` +\|)/.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );

test("every name of site.yaml is in the table, once, and nothing else is", () => {
  const told = rows.map(([path = ""]) => path.replaceAll("`", ""));
  assert.deepEqual(told.toSorted(), [...new Set(leaves.map(([path]) => path))].toSorted());
});

test("each default is the schema's", () => {
  // What one kind has a default for, and another has not, is told in words; of a kind, the table says what counts without its section.
  const differing = new Set(["router.wan", "router.kind", "dynamicDns.kind", "nginx.revocation.kind", "nginx.revocation.responder"]);
  for (const [path = "", told = ""] of rows) {
    const name = path.replaceAll("`", "");
    if (differing.has(name)) continue;
    const fallback = leaves.find(([one]) => one === name)?.[1];
    const isNone = fallback === undefined || (Array.isArray(fallback) && fallback.length === 0);
    if (isNone) assert.match(told, /^[^`]+$/, name);
    else assert.equal(told, `\`${String(fallback)}\``, name);
  }
  const least = siteSchema.parse({ sites: [{ domain: "home.example.com" }], lan: { ipv4: "192.168.1.2" } });
  const toldOf = (name: string) => rows.find(([path]) => path === `\`${name}\``)?.[1];
  const kinds = [least.router.kind, least.dynamicDns.kind, least.nginx.revocation.kind].map((kind) => `\`${kind}\``);
  assert.deepEqual(["router.kind", "dynamicDns.kind", "nginx.revocation.kind"].map(toldOf), kinds);
  const certificate = { certificate: "/etc/a.pem", key: "/etc/a.key" };
  const asked = siteSchema.parse({ ...least, nginx: { certificate, revocation: { kind: "ocsp" } } }).nginx.revocation;
  assert.equal(toldOf("nginx.revocation.responder"), `\`${"responder" in asked ? asked.responder : ""}\``);
});

test("the example is a site", () => {
  const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(PAGE) ?? [];
  assert.equal(parseSite(yaml, "site.yaml").sites.length, 2);
});
