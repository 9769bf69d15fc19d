import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_WRONG_PROOFS } from "../../../services/ca/authority/invitation.js";
import { languageOf } from "../../../services/enrollment/http/language.js";
import { CATALOGUES } from "../../../services/enrollment/page/texts.js";

/** Every text with the path to it; of a function, what it makes of a name that stands out. */
function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String(value("«name»"))]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}/${key}`));
}

for (const texts of CATALOGUES) {
  test(`the catalogue of ${texts.name} has words everywhere, and puts the name in`, () => {
    for (const [path, text] of leaves(texts)) assert.ok(text.trim() !== "", path);
    for (const named of [texts.title, texts.heading, texts.validUntil, texts.ready.get]) assert.match(named("«name»"), /«name»/);
    assert.ok(Object.entries(texts.screens).every(([, { rows, tap }]) => tap < rows.length));
  });

  test(`${texts.name} is translated: no sentence of it is the English one`, () => {
    const [english] = CATALOGUES;
    if (texts === english) return;
    const originals = new Set(leaves(english).map(([, text]) => text));
    // Names of products and formats are the same everywhere; sentences are not.
    const same = leaves(texts).filter(([, text]) => originals.has(text) && text.split(" ").length > 4);
    assert.deepEqual(same, []);
  });
}

const asking = (accepted: string | false, lang?: string) =>
  languageOf({ query: { lang }, acceptsLanguages: () => accepted } as never).language;

test("the page's sentences count the wrong passphrases as the CA does", () => {
  assert.equal(MOST_WRONG_PROOFS, 5, '"five times" stands in each language\'s texts, in docs/errors.md and in SECURITY.md');
  assert.match((CATALOGUES[0]?.ended.problems.INVITATION_LOCKED ?? []).join(" "), /five times/);
});

test("the language is the one chosen, else the one accepted, else English", () => {
  assert.equal(asking("de"), "de");
  assert.equal(asking("de", "pl"), "pl");
  assert.equal(asking("de", "xx"), "de");
  assert.equal(asking(false), "en");
});
