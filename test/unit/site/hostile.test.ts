import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tokenize } from "../../../clients/nginx/settings/tokenize.js";
import { siteSchema } from "../../../clients/site/schema.js";
import { isDuckdnsToken, isSecret } from "../../../clients/site/values.js";
import { HOUSE, kitOf } from "./world.js";

/**
 * Whatever a person writes into site.yaml: it is refused, or the files have the same shape as with a value that means no harm. Nothing that
 * was written as a value ever becomes a directive, a line, a word of its own.
 */

type Json = Record<string, unknown>;
interface Slot {
  readonly name: string;
  readonly harmless: string;
  readonly site: (value: string) => Json;
}

const sites = (more: Json) => ({ ...HOUSE, sites: [{ domain: "home.example.com", homeAssistant: false, ...more }] });
const nginx = (more: Json) => ({ ...HOUSE, nginx: more });
const router = (more: Json) => ({ ...HOUSE, router: more });
const dynamic = (more: Json) => ({ ...HOUSE, dynamicDns: { passwordFile: "p", ...more } });
const CERTBOT = { certificate: "/etc/letsencrypt/live/a.example/fullchain.pem", key: "/etc/letsencrypt/live/a.example/privkey.pem" };
const OPENWRT = { kind: "openwrt" };
const NFTABLES = { kind: "nftables", wan: "eth0" };
const STATIC = { kind: "static", ipv4: "203.0.113.5" };

const SLOTS: readonly Slot[] = [
  ...["hosts", "dnsmasq", "openwrt", "unbound", "adguard", "pihole"].flatMap((kind): Slot[] => [
    {
      name: `domain (${kind})`,
      harmless: "www.example.com",
      site: (domain) => ({ ...sites({ domain }), dns: { kind }, router: OPENWRT, dynamicDns: STATIC }),
    },
    { name: `lan.ipv4 (${kind})`, harmless: "192.168.1.9", site: (ipv4) => ({ ...HOUSE, dns: { kind }, router: OPENWRT, lan: { ipv4 } }) },
    {
      name: `lan.ipv6 (${kind})`,
      harmless: "fd00::1",
      site: (ipv6) => ({ ...HOUSE, dns: { kind }, router: NFTABLES, lan: { ...HOUSE.lan, ipv6 } }),
    },
  ]),
  { name: "alias", harmless: "www.example.com", site: (value) => sites({ aliases: [value] }) },
  { name: "backend", harmless: "http://127.0.0.1:8123", site: (backend) => sites({ backend }) },
  { name: "trusted proxy", harmless: "172.30.33.0", site: (value) => sites({ homeAssistant: true, trustedProxies: [value] }) },
  { name: "nginx.dir", harmless: "/etc/nginx/latchkey", site: (dir) => nginx({ dir }) },
  { name: "nginx.user", harmless: "nginx", site: (user) => nginx({ user }) },
  { name: "nginx.addresses", harmless: "192.168.1.2", site: (value) => nginx({ addresses: [value] }) },
  { name: "nginx.dhparam", harmless: "/etc/nginx/dh.pem", site: (dhparam) => nginx({ tls12: true, dhparam }) },
  { name: "nginx.certificate", harmless: "/etc/a.pem", site: (value) => nginx({ certificate: { certificate: value, key: "/etc/b.pem" } }) },
  { name: "nginx.key", harmless: "/etc/a.pem", site: (key) => nginx({ certificate: { certificate: "/etc/b.pem", key } }) },
  {
    name: "the folder of the enrolment service's copy",
    harmless: "/home/anna/tls",
    site: (folder) => nginx({ certificate: { ...CERTBOT, enrollment: { folder, user: "anna" } } }),
  },
  {
    name: "the user of the enrolment service's copy",
    harmless: "anna",
    site: (user) => nginx({ certificate: { ...CERTBOT, enrollment: { folder: "/home/anna/tls", user } } }),
  },
  {
    name: "nginx.revocation.responder",
    harmless: "http://127.0.0.1:8480/ocsp",
    site: (responder) => nginx({ certificate: CERTBOT, revocation: { kind: "ocsp", responder } }),
  },
  { name: "nginx.proxyProtocol", harmless: "192.168.1.1", site: (value) => nginx({ proxyProtocol: [value] }) },
  { name: "nginx.seen", harmless: "127.0.0.1:8482", site: (seen) => nginx({ seen }) },
  { name: "router.wan (nftables)", harmless: "eth0", site: (wan) => router({ kind: "nftables", wan }) },
  { name: "router.wan (openwrt)", harmless: "wan", site: (wan) => router({ kind: "openwrt", wan }) },
  { name: "router.lan", harmless: "lan", site: (lan) => router({ kind: "openwrt", lan }) },
  { name: "ddclient's login", harmless: "anna", site: (login) => dynamic({ kind: "ddclient", protocol: "noip", login }) },
  { name: "ddclient's server", harmless: "a.example.net", site: (server) => dynamic({ kind: "ddclient", protocol: "dyndns2", server }) },
  { name: "ddclient's zone", harmless: "example.net", site: (zone) => dynamic({ kind: "ddclient", protocol: "cloudflare", zone }) },
  { name: "ddclient's protocol", harmless: "noip", site: (protocol) => dynamic({ kind: "ddclient", protocol }) },
  { name: "OpenWrt's service", harmless: "no-ip.com", site: (service) => dynamic({ kind: "openwrt", service }) },
  { name: "OpenWrt's username", harmless: "anna", site: (username) => dynamic({ kind: "openwrt", service: "no-ip.com", username }) },
  { name: "static ipv4", harmless: "203.0.113.5", site: (ipv4) => ({ ...HOUSE, dynamicDns: { kind: "static", ipv4 } }) },
];

const NASTY = "' \" ; { } \n \r \t # $host `id` $(id) \\ \\n % , = / .. : \u0000 \u2028 \u00fc | & < > * ? ! ~ ( ) [ ] ^ @ + -"
  .split(" ")
  .concat(" ", "\nLATCHKEY\n", "; x", "' y");
const hostile = (harmless: string) =>
  fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.string({ unit: "binary-ascii", maxLength: 40 }),
    fc
      .tuple(fc.nat(harmless.length), fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "binary-ascii", maxLength: 3 })))
      .map(([at, inserted]) => harmless.slice(0, at) + inserted + harmless.slice(at)),
  );

/** What of a file must not depend on a value: its lines, and in how many words its reader splits each. */
function shapeOf(name: string, text: string): string {
  if (name.startsWith("nginx/"))
    return tokenize(text, name)
      .map(({ kind }) => kind)
      .join(" ");
  return text
    .split("\n")
    .map((line) => line.split(/[\s'",;={}\\$`|&<>()]+/).length)
    .join(" ");
}

function shapesOf(input: Json): readonly string[] | undefined {
  const parsed = siteSchema.safeParse(input);
  if (!parsed.success) return undefined;
  const kit = kitOf({ ...parsed.data, nginxVersion: "nginx/1.26.3", secret: "geheim" });
  return Object.entries(kit).map(([name, text]) => shapeOf(name, text));
}

for (const { name, harmless, site } of SLOTS) {
  test(`no value of ${name} gets out of its place`, () => {
    const expected = shapesOf(site(harmless));
    assert.ok(expected !== undefined, "even the harmless value is refused");
    fc.assert(
      fc.property(hostile(harmless), (value) => {
        const found = shapesOf(site(value));
        if (found !== undefined) assert.deepEqual(found, expected, value);
      }),
      { numRuns: 300 },
    );
  });
}

for (const kind of ["ddclient", "openwrt"]) {
  test(`no password gets out of its quotes in the file for ${kind}`, () => {
    const house = siteSchema.parse(
      dynamic(kind === "ddclient" ? { kind, protocol: "noip", login: "anna" } : { kind, service: "no-ip.com" }),
    );
    const linesWith = (secret: string) => {
      const kit = Object.entries(kitOf({ ...house, nginxVersion: "nginx/1.26.3", secret }));
      const text = kit.find(([file]) => file.startsWith("dynamic-dns/"))?.[1] ?? "";
      const lines = text.split("\n");
      return [lines.length, lines.filter((line) => line.includes(`password='${secret}'`)).length];
    };
    const expected = linesWith("geheim");
    assert.ok((expected[1] ?? 0) > 0);
    fc.assert(
      fc.property(hostile("geheim"), (secret) => {
        if (isSecret(secret)) assert.deepEqual(linesWith(secret), expected);
        else assert.match(secret, /^$|[^!-~]|['"\\#,]/);
      }),
      { numRuns: 300 },
    );
  });
}

test("a token for DuckDNS is letters, digits and hyphens: it goes into an address", () => {
  fc.assert(
    fc.property(hostile("0123-abcd"), (token) => {
      if (isDuckdnsToken(token)) assert.equal(encodeURIComponent(token), token);
    }),
  );
});
