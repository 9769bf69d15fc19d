import assert from "node:assert/strict";
import { test } from "node:test";
import type { Directive } from "../../../clients/nginx/settings/directive.js";
import { readDump } from "../../../clients/nginx/settings/dump.js";
import { globPattern } from "../../../clients/nginx/settings/glob.js";
import { SettingsError } from "../../../clients/nginx/settings/tokenize.js";
import { dumpOf } from "./settings-world.js";

const MAIN = "/etc/nginx/nginx.conf";
const show = (directives: readonly Directive[] = []): string =>
  directives
    .map(({ name, args, block, entries }) => [name, ...args, ...(block || entries ? [`{${show(block ?? entries)}}`] : [])].join(" "))
    .join(";");
const read = (files: Record<string, string>) => show(readDump(dumpOf(files)).directives);

const FOLLOWED = [
  { name: "by its name", files: { [MAIN]: "a; include /x/b.conf; c;", "/x/b.conf": "b;" }, reads: "a;b;c" },
  {
    name: "relative to the main file's folder",
    files: { [MAIN]: "include d/b.conf;", "/etc/nginx/d/b.conf": "include d/c.conf;", "/etc/nginx/d/c.conf": "c;" },
    reads: "c",
  },
  { name: "as it is written, with ./", files: { [MAIN]: "include ./d/*.conf;", "/etc/nginx/./d/b.conf": "b;" }, reads: "b" },
  { name: "as it is written, with //", files: { [MAIN]: "include d//*.conf;", "/etc/nginx/d//b.conf": "b;" }, reads: "b" },
  {
    name: "as it is written, with ..",
    files: { [MAIN]: "include ../x/b.conf; include ../x/*.inc;", "/etc/nginx/../x/b.conf": "b;", "/etc/nginx/../x/c.inc": "c;" },
    reads: "b;c",
  },
  { name: "a pattern that matches nothing", files: { [MAIN]: "a; include conf.d/*.conf;" }, reads: "a" },
  {
    name: "a pattern, in the order of octets",
    files: { [MAIN]: "include s/*;", "/etc/nginx/s/B": "b;", "/etc/nginx/s/a": "a;", "/etc/nginx/s/é": "e;" },
    reads: "b;a;e",
  },
  { name: "twice, printed once", files: { [MAIN]: "x { include b; } y { include b; }", "/etc/nginx/b": "b;" }, reads: "x {b};y {b}" },
  {
    name: "inside a map",
    files: { [MAIN]: "map $a $b { default 1; include m; } include c;", "/etc/nginx/m": "x 2;", "/etc/nginx/c": "c;" },
    reads: "map $a $b {default 1;x 2};c",
  },
  { name: "inside a geo, from a base in another form", files: { [MAIN]: "geo $a { ranges; include base; }" }, reads: "geo $a {ranges}" },
];

for (const { name, files, reads } of FOLLOWED) test(`include is followed as nginx does: ${name}`, () => assert.equal(read(files), reads));

const line = (name: string) => `# configuration file ${name}:`;
const UNREADABLE = [
  { name: "nothing", dump: "" },
  { name: "a file that nginx did not print", dump: dumpOf({ [MAIN]: "include /etc/secret.conf;" }) },
  { name: "a file that includes itself", dump: dumpOf({ [MAIN]: "include nginx.conf;" }) },
  { name: "a file that nothing includes", dump: dumpOf({ [MAIN]: "a;", "/etc/nginx/b.conf": "b;" }) },
  {
    name: "a comment that looks like another file",
    dump: dumpOf({ [MAIN]: `a;\n${line("/etc/nginx/old.conf")}\nssl_verify_client off;` }),
  },
  { name: "a comment that looks like this file", dump: dumpOf({ [MAIN]: `a;\n${line(MAIN)}\nssl_verify_client off;` }) },
  {
    name: "a comment that looks like a file that is there as well",
    dump: dumpOf({ [MAIN]: "include s/*;", "/etc/nginx/s/a": `a;\n${line("/etc/nginx/s/b")}\nc;`, "/etc/nginx/s/b": "b;" }),
  },
  {
    name: "a comment that looks like a file of a later pattern",
    dump: dumpOf({
      [MAIN]: "x { include s/*; } include t/*; include u/*;",
      "/etc/nginx/s/a": `a;\n${line("/etc/nginx/u/b")}\nb;`,
      "/etc/nginx/t/c": "c;",
    }),
  },
];

for (const { name, dump } of UNREADABLE) {
  test(`nothing is said about ${name}`, () => assert.throws(() => readDump(dump), SettingsError));
}

const GLOBS = [
  { glob: "/s/*.conf", matches: ["/s/a.conf", "/s/a.b.conf"], not: ["/s/.a.conf", "/s/d/a.conf", "/s/a.confx", "/s/aXconf"] },
  { glob: "/s/*", matches: ["/s/a", "/s/a~"], not: ["/s/.a"] },
  { glob: "/*/a?", matches: ["/s/ab"], not: ["/s/a", "/s/t/ab", "/.s/ab"] },
  { glob: "/s/[a-c]x", matches: ["/s/bx"], not: ["/s/dx", "/s/-x"] },
  { glob: "/s/[!a^]x", matches: ["/s/bx"], not: ["/s/ax", "/s/^x", "/s//x"] },
  { glob: "/s/[]a]x", matches: ["/s/]x", "/s/ax"], not: ["/s/bx"] },
  { glob: "/s/[x", matches: ["/s/[x"], not: ["/s/x"] },
  { glob: "/s/\\*.conf?", matches: ["/s/*.confx"], not: ["/s/a.confx"] },
];

for (const { glob, matches, not } of GLOBS) {
  test(`${glob} matches as glob(3) does`, () => {
    const pattern = globPattern(glob);
    assert.deepEqual(
      [...matches, ...not].filter((name) => pattern.test(name)),
      matches,
    );
  });
}
