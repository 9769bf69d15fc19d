import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { HOLE_CODES } from "../../../clients/nginx/settings/hole.js";

const DOCUMENT = new URL("../../../../docs/nginx-settings.md", import.meta.url);

test("docs/nginx-settings.md explains every hole, and none that there is not, with what to write instead", async () => {
  const sections = (await readFile(DOCUMENT, "utf8")).split(/^#{2,3} /m).filter((section) => /^[A-Z_]+\n/.test(section));
  assert.deepEqual(sections.map((section) => section.split("\n")[0]).toSorted(), [...HOLE_CODES].toSorted());
  for (const section of sections) assert.match(section, /\*\*Mend:\*\*/, section.split("\n")[0]);
});
