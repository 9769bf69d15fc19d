import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const PAGE = readFileSync(join(ROOT, "docs", "architecture.md"), "utf8");

/** Every file and folder of ours, folders with a slash behind: `services/ca/`. */
const PATHS = ["proto", "services", "clients", "scripts", "generated"].flatMap((top) => [
  `${top}/`,
  ...readdirSync(join(ROOT, top), { recursive: true, encoding: "utf8" }).map((name) => {
    const path = join(top, name);
    return statSync(join(ROOT, path)).isDirectory() ? `${path}/` : path;
  }),
]);

/** What stands between backticks and names a file or a folder. */
const isPath = (text: string) => /^[\w-]+(\/[\w.-]+)*(\/|\.(ts|mjs|proto)|\/serve\*)$/.test(text);
const named = (markdown: string) =>
  [...markdown.replaceAll(/^```.*?^```/gms, "").matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text).filter(isPath);

/** The paths that a name can mean: its own, or a longer one that ends with it. */
const meanings = (name: string) => (PATHS.includes(name) ? [name] : PATHS.filter((path) => path.endsWith(`/${name}`)));

test("every path that the page names is there, and is only one", () => {
  const names = named(PAGE).filter((name) => !name.endsWith("*"));
  assert.ok(names.length > 60, `only ${names.length} paths were found`);
  for (const name of names) assert.equal(meanings(name).length, 1, `\`${name}\` is ${meanings(name).join(" or ") || "not there"}`);
});

test("the page names the folder of every service and client, and every folder of the CA", () => {
  const names = new Set(named(PAGE).flatMap(meanings));
  const folders = PATHS.filter((path) => /^(services|clients)\/[^/]+\/$|^services\/ca\/[^/]+\/$/.test(path));
  assert.ok(folders.length > 9);
  for (const folder of folders) assert.ok(names.has(folder), `${folder} is not mentioned`);
});

interface Rule {
  readonly in: string;
  readonly may: readonly string[];
}

test("who may import whom, says the page, is what `npm run check` enforces", async () => {
  const { RULES } = (await import(new URL("../../../../scripts/check-imports.mjs", import.meta.url).href)) as { RULES: readonly Rule[] };
  const rows = PAGE.split("\n")
    .filter((line) => line.startsWith("| `") && !line.startsWith("| `proto/"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const pathOf = (name: string) => (name.endsWith("*") ? name.slice(0, -1) : (meanings(name)[0] ?? name));
  const told = rows.map(([, folder = "", , may = ""]) => {
    // `services/ca/main.ts` alone: what stands between brackets narrows what stands before them.
    const imports = named(may.replaceAll(/\([^)]*\)/g, "")).map(pathOf);
    const [own = ""] = named(folder).map(pathOf);
    return { in: own, may: imports.toSorted() };
  });
  const enforced = RULES.map((rule) => ({ in: rule.in, may: rule.may.filter((path) => !path.startsWith(rule.in)).toSorted() }));
  const byFolder = (a: { in: string }, b: { in: string }) => (a.in < b.in ? -1 : 1);
  assert.deepEqual(told.toSorted(byFolder), enforced.toSorted(byFolder));
});
