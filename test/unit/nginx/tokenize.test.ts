import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDirectives } from "../../../clients/nginx/settings/directive.js";
import { SettingsError, tokenize } from "../../../clients/nginx/settings/tokenize.js";

const words = (text: string) => tokenize(text, "nginx.conf").map((token) => (token.kind === "word" ? token.text : token.kind));

const READS = [
  { name: "words and marks", text: "listen 443 ssl;", tokens: ["listen", "443", "ssl", ";"] },
  { name: "marks without spaces", text: "server{listen 80;}", tokens: ["server", "{", "listen", "80", ";", "}"] },
  { name: "a comment", text: "a b; # ssl_crl x;\nc;", tokens: ["a", "b", ";", "c", ";"] },
  { name: "a hash inside a word is no comment", text: "return 200 a#b;", tokens: ["return", "200", "a#b", ";"] },
  { name: "double quotes", text: 'return 200 "a; { b # c";', tokens: ["return", "200", "a; { b # c", ";"] },
  { name: "single quotes with double ones inside", text: `a 'say "x"';`, tokens: ["a", 'say "x"', ";"] },
  { name: "an escaped quote", text: 'a "b\\"c";', tokens: ["a", 'b"c', ";"] },
  { name: "escapes that nginx knows", text: 'a "1\\t2\\n3";', tokens: ["a", "1\t2\n3", ";"] },
  { name: "a backslash that escapes nothing stays", text: "location ~ \\.php$ { }", tokens: ["location", "~", "\\.php$", "{", "}"] },
  { name: "an escaped semicolon stays in its word", text: "a b\\;c;", tokens: ["a", "b\\;c", ";"] },
  { name: "a quote inside a word is a letter", text: `a b"c;`, tokens: ["a", 'b"c', ";"] },
  { name: "a variable in braces", text: `set $a $${"{b}"}c;`, tokens: ["set", "$a", `$${"{b}"}c`, ";"] },
  { name: "a closing brace ends no word", text: "a b};", tokens: ["a", "b}", ";"] },
  { name: "a quote before a parenthesis", text: 'if ($a = "b") { }', tokens: ["if", "($a", "=", "b", ")", "{", "}"] },
  { name: "quoted nothing", text: 'server_name "";', tokens: ["server_name", "", ";"] },
  { name: "a variable in braces that has more of them", text: `a $${"{{b}"};`, tokens: ["a", `$${"{{b}"}`, ";"] },
  { name: "a block of Lua", text: "content_by_lua_block { return {[1] = '}'} }", tokens: ["content_by_lua_block", "{", "}"] },
  {
    name: "Lua with comments and long strings",
    text: 'set_by_lua_block $a {\n -- }\n --[==[ } ]] } ]==]\n x = [[ } "]] .. "\\"}" \n} b;',
    tokens: ["set_by_lua_block", "$a", "{", "}", "b", ";"],
  },
  { name: "carriage returns", text: "a;\r\nb;\r\n", tokens: ["a", ";", "b", ";"] },
];

for (const { name, text, tokens } of READS) {
  test(`reads as nginx does: ${name}`, () => assert.deepEqual(words(text), tokens));
}

const REFUSES = [
  { name: "a quote that does not end", text: 'a "b;' },
  { name: "a word that does not end", text: "a b" },
  { name: "a letter right after a quote", text: 'a "b"c;' },
  { name: "a block that does not end", text: "http { a;" },
  { name: "a block of Lua that does not end", text: "content_by_lua_block { '}' " },
  { name: "a block that ends twice", text: "http { } }" },
  { name: "a mark without a directive", text: "; a;" },
  { name: "a directive cut off by the end of its block", text: "http { a b }" },
];

for (const { name, text } of REFUSES) {
  test(`refuses what nginx would not read: ${name}`, () => assert.throws(() => parseDirectives(text, "nginx.conf"), SettingsError));
}

test("a directive says where it stands", () => {
  const [http] = parseDirectives('# first\nhttp {\n  a "\n";\n  ssl_crl x;\n}\n', "/etc/nginx.conf");
  assert.equal(http?.place, "/etc/nginx.conf:2");
  assert.equal(http?.block?.find(({ name }) => name === "ssl_crl")?.place, "/etc/nginx.conf:5");
});

test("the keys of a map are no directives, whatever they are called", () => {
  const [http] = parseDirectives("http { map $a $b { default 1; ssl_crl 2; } }", "nginx.conf");
  const [map] = http?.block ?? [];
  assert.equal(map?.block, undefined);
  assert.deepEqual(
    map?.entries?.map(({ name }) => name),
    ["default", "ssl_crl"],
  );
});
