import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { settingsSchema } from "../../../services/config.js";
import { parseSettings } from "../../../services/settings/file.js";
import { LEAVES } from "../../../services/settings/leaf.js";
import { OTHER_VARIABLES, SETTING_FLAGS } from "../../../services/settings/text.js";

const PAGE = readFileSync(new URL("../../../../docs/settings.md", import.meta.url), "utf8");

/** The cells of the table under a heading, row by row, without their backticks where they are nothing else. */
function rowsAfter(text: string): string[][] {
  const [, after = ""] = PAGE.split(text);
  const [table = ""] = after.split("\n\n## ");
  return table
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
}

const settings = rowsAfter("folder that the file lies in.");
const bare = (cell = "") => cell.replaceAll("`", "");

test("every setting of the schema is in the table, in its order, with its variable and its flag; and nothing else is", () => {
  assert.deepEqual(
    settings.map(([path, variable, flag]) => [bare(path), bare(variable), bare(flag)]),
    LEAVES.map(({ path, variable }) => [path, variable, SETTING_FLAGS[path] ?? ""]),
  );
});

test("each default is the schema's; a setting without one says in words what counts then", () => {
  const defaults = settingsSchema.parse({});
  for (const [path = "", , , told = ""] of settings) {
    const names = bare(path).split(".");
    const value = names.reduce((inside: unknown, name) => (inside as Record<string, unknown> | undefined)?.[name], defaults);
    const isList = Array.isArray(value) && value.length === 0;
    if (isList) assert.equal(told, "none", path);
    else if (value === undefined) assert.match(told, /^[^`]{5,}$/, path);
    else assert.equal(told, `\`${Array.isArray(value) ? `[${value.join(", ")}]` : String(value)}\``, path);
  }
});

test("each setting has a sentence; the limits in it are the schema's", () => {
  for (const [path = "", , , , meaning = ""] of settings) {
    assert.match(meaning, /^\S.+\.$/, path);
    const [, least, most] = /\b(\d+) to (\d+)\b/.exec(meaning) ?? [];
    if (least === undefined) continue;
    for (const [value, isGood] of [
      [Number(least), true],
      [Number(most), true],
      [Number(least) - 1, false],
      [Number(most) + 1, false],
    ] as const) {
      const one = bare(path)
        .split(".")
        .toReversed()
        .reduce<unknown>((inside, name) => ({ [name]: inside }), value);
      assert.equal(settingsSchema.safeParse(one).success, isGood, `${path} = ${value}`);
    }
  }
});

test("the variables of ours that are no settings are listed, too", () => {
  const told = rowsAfter("## Other variables").map(([name]) => bare(name));
  assert.deepEqual(told.filter((name) => name.startsWith("LATCHKEY_")).toSorted(), [...OTHER_VARIABLES].toSorted());
});

test("the example is a file that Latchkey takes", async () => {
  const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(PAGE) ?? [];
  const given = await parseSettings(yaml, "latchkey.yaml");
  assert.deepEqual(
    given.map(({ path }) => path),
    ["domains", "enrollment.host", "enrollment.lan", "profiles.device.days"],
  );
});
