import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSite, SiteError } from "../../../clients/site/read.js";

/** What is said of a file that can't be used. */
function problemsOf(text: string): readonly string[] {
  try {
    parseSite(text, "site.yaml");
  } catch (error) {
    if (error instanceof SiteError) return error.problems;
    throw error;
  }
  throw new Error("it was taken");
}

const LEAST = "sites:\n  - domain: home.example.com\nlan:\n  ipv4: 192.168.1.2\n";

test("a name and an address are enough: the rest has defaults", () => {
  const site = parseSite(LEAST, "site.yaml");
  assert.equal(site.sites[0]?.backend, "http://localhost:8123");
  assert.deepEqual([site.dns.kind, site.router.kind, site.dynamicDns.kind], ["hosts", "other", "none"]);
  assert.deepEqual([site.nginx.httpsPort, site.nginx.tls12, site.nginx.ipv6, site.nginx.redirect], [443, false, true, true]);
});

test("a name in capitals is the same name", () => {
  assert.equal(parseSite(LEAST.replace("home", "HOME"), "site.yaml").sites[0]?.domain, "home.example.com");
});

const TWICE = "names home.example.com, which stands here twice: each name leads to one backend.";
const REFUSED: readonly (readonly [what: string, text: string, ...says: string[]])[] = [
  ["nothing at all", "", "site.yaml: it must hold names with values (name: value)."],
  ["a list", "- a\n", "site.yaml: it must hold names with values (name: value)."],
  ["no address in the LAN", LEAST.replace(/lan:.*/s, ""), "site.yaml:1: `lan` is missing."],
  ["a typo", `${LEAST}nginx:\n  tls21: true\n`, "site.yaml:6: `nginx.tls21` is not known: did you mean `tls12`?"],
  [
    "a domain that is a URL",
    LEAST.replace("home.", "https://home."),
    "site.yaml:2: `sites[0].domain` must be a name in the DNS, like home.example.com (letters, digits, hyphens and dots).",
  ],
  ["a router without its interface", `${LEAST}router:\n  kind: nftables\n`, "site.yaml:5: `router.wan` is missing."],
  [
    "an address that leads each host to itself",
    LEAST.replace("192.168.1.2", "127.0.1.1"),
    "site.yaml:4: `lan.ipv4` must be one that other hosts of the house can reach: not loopback, link-local or multicast.",
  ],
  [
    "an address that is good on one link alone",
    `${LEAST}  ipv6: fe80::1\n`,
    "site.yaml:5: `lan.ipv6` must be one that other hosts of the house can reach: not loopback, link-local or multicast.",
  ],
  [
    "a router that is not known",
    `${LEAST}router:\n  kind: fritzbox\n`,
    "site.yaml:6: `router.kind` can be openwrt, nftables, other, none.",
  ],
  ["a number that is text", `${LEAST}nginx:\n  httpsPort: "443"\n`, "site.yaml:6: `nginx.httpsPort` must be a number."],
  ["a port that is none", `${LEAST}nginx:\n  httpsPort: 70000\n`, "site.yaml:6: `nginx.httpsPort` must be at most 65535."],
  ["two ports that are one", `${LEAST}nginx:\n  httpsPort: 80\n`, "site.yaml:5: `nginx` has two ports with the same number."],
  [
    "a group for TLS 1.2 without it",
    `${LEAST}nginx:\n  dhparam: /etc/nginx/dhparam.pem\n`,
    "site.yaml:6: `nginx.dhparam` is for TLS 1.2 alone: say `tls12: true` as well, or leave it out.",
  ],
  [
    "an nginx that is too old",
    `${LEAST}nginx:\n  version: 1.17.9\n`,
    "site.yaml:6: `nginx.version` is too old: 1.18.0 is the oldest nginx that this is written for.",
  ],
  [
    "a name that leads to two places",
    LEAST.replace("lan:", "  - domain: home.example.com\n    backend: http://127.0.0.1:1\nlan:"),
    `site.yaml:2: \`sites[0]\` ${TWICE}`,
    `site.yaml:3: \`sites[1]\` ${TWICE}`,
  ],
  [
    "DuckDNS for another's name",
    `${LEAST}dynamicDns:\n  kind: duckdns\n  tokenFile: t\n`,
    "site.yaml:2: `sites[0]` is not below duckdns.org: DuckDNS keeps no other names up to date.",
  ],
  [
    "a provider's server that is needed",
    `${LEAST}dynamicDns:\n  kind: ddclient\n  protocol: dyndns2\n  passwordFile: p\n`,
    "site.yaml:7: `dynamicDns.protocol` needs the provider's `server` with dyndns2.",
  ],
  [
    "a listener for --seen that strangers reach",
    `${LEAST}nginx:\n  seen: 0.0.0.0:8482\n`,
    "site.yaml:6: `nginx.seen` must be an address of this host alone, like 127.0.0.1:8482.",
  ],
];

for (const [what, text, ...says] of REFUSED) {
  test(`${what}: the line, and what to do`, () => {
    assert.deepEqual(problemsOf(text), says);
  });
}

test("what is no YAML is said with its line", () => {
  assert.match(problemsOf(`${LEAST}dns: [\n`)[0] ?? "", /^site\.yaml:\d+: \S/);
});

test("aliases of YAML that would grow without end are refused, not expanded", () => {
  const lines = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (const [before, name] of ["ab", "bc", "cd", "de", "ef", "fg", "gh"])
    lines.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join()}]`);
  const [problem = ""] = problemsOf(`${lines.join("\n")}\n`);
  assert.match(problem, /alias/);
});
