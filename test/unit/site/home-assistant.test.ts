import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { homeAssistantsOf, mergeHomeAssistant } from "../../../clients/site/home-assistant.js";
import { houseWith } from "./world.js";

const HERE = ["127.0.0.1", "::1"];
const HTTP = { use_x_forwarded_for: true, trusted_proxies: HERE };
const withoutTags = (text: string) => parse(text.replaceAll(/!\w+/g, ""));

test("an empty configuration.yaml gets the section, and nothing else", () => {
  assert.deepEqual(parse(mergeHomeAssistant("", HERE) ?? ""), { http: HTTP });
});

test("below what is there already, with a line between; tags and comments stay as they are", () => {
  const before = "# Loads default set of integrations\ndefault_config:\n\nautomation: !include automations.yaml\n";
  const merged = mergeHomeAssistant(before, HERE) ?? "";
  assert.ok(merged.startsWith(`${before}\nhttp:\n`), merged);
  assert.deepEqual(withoutTags(merged).http, HTTP);
});

test("a section that is there keeps what it has, its comments and its proxies; around it not an octet changes", () => {
  const head = "default_config:   # all of it\n";
  const tail = "\n# the sensors\nsensor:   !include sensors.yaml\n";
  const before = `${head}http:
  server_port: 8123 # as always
  ssl_key: !secret key
  trusted_proxies:
    - 10.0.0.1 # the old one
  ip_ban_enabled: true
${tail}`;
  const merged = mergeHomeAssistant(before, HERE) ?? "";
  assert.ok(merged.startsWith(head) && merged.endsWith(tail), merged);
  assert.match(merged, /- 10\.0\.0\.1 # the old one\n/);
  assert.match(merged, /server_port: 8123 # as always\n {2}ssl_key: !secret key\n/);
  assert.deepEqual(withoutTags(merged).http, {
    server_port: 8123,
    ssl_key: "key",
    trusted_proxies: ["10.0.0.1", ...HERE],
    ip_ban_enabled: true,
    use_x_forwarded_for: true,
  });
});

test("a section that is empty is filled; one proxy that is no list becomes one", () => {
  assert.deepEqual(parse(mergeHomeAssistant("http:\n\nfrontend:\n", HERE) ?? ""), { http: HTTP, frontend: null });
  const merged = parse(mergeHomeAssistant("http:\n  trusted_proxies: 10.0.0.1\n", HERE) ?? "");
  assert.deepEqual(merged.http.trusted_proxies, ["10.0.0.1", ...HERE]);
});

test("what is there already changes nothing, however it is laid out", () => {
  for (const text of ["http: {use_x_forwarded_for: true, trusted_proxies: [127.0.0.1, '::1']}\n", mergeHomeAssistant("a: 1\n", HERE) ?? ""])
    assert.equal(mergeHomeAssistant(text, HERE), text);
});

test("merging twice is merging once", () => {
  for (const text of ["", "a: 1", "http:\n  server_port: 1\n", "http:\n# nothing\nb: 2\n"]) {
    const once = mergeHomeAssistant(text, HERE) ?? "";
    assert.equal(mergeHomeAssistant(once, HERE), once, text);
  }
});

test("what is no YAML, or has its section in another file, is left to its owner", () => {
  for (const text of ["http: !include http.yaml\n", "http: [\n", "- a\n", "http: 5\n"])
    assert.equal(mergeHomeAssistant(text, HERE), undefined, text);
});

test("who is trusted is where nginx comes from: loopback beside it, else the nginx host's addresses, or what was said", () => {
  const proxiesOf = (site: object) =>
    homeAssistantsOf(houseWith({ sites: [{ domain: "home.example.com", ...site }] })).map(({ proxies }) => proxies);
  const lan = ["192.168.1.2", "2001:db8::2"];
  assert.deepEqual(proxiesOf({}), [HERE]);
  assert.deepEqual(proxiesOf({ backend: "http://192.168.1.7:8123" }), [lan]);
  assert.deepEqual(proxiesOf({ trustedProxies: ["172.30.33.0/24"] }), [["172.30.33.0/24"]]);
  assert.deepEqual(proxiesOf({ backend: "http://192.168.1.7:5000" }), []);
  assert.deepEqual(proxiesOf({ backend: "http://192.168.1.7:5000", homeAssistant: true }), [lan]);
  assert.deepEqual(proxiesOf({ homeAssistant: false }), []);
});
