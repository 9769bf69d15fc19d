import assert from "node:assert/strict";
import test from "node:test";
import { isPermitted, parseDomain, permittedNames } from "../../../services/ca/authority/name-constraints.js";
import { createServers } from "./world.js";

const PERMITTED = permittedNames(["example.com"], ["RaspberryPi", "raspberrypi.lan", "my_pi", "192.168.1.2", "203.0.113.9"]);

for (const name of [
  "example.com",
  "home.example.com",
  "*.example.com",
  "raspberrypi",
  "nas.local",
  "fritz.box",
  "localhost",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.255.255",
  "127.0.0.1",
  "169.254.7.7",
  "::1",
  "fd12::1",
  "fe80::1",
  "203.0.113.9",
]) {
  test(`${name} may be certified`, () => assert.equal(isPermitted(name, PERMITTED), true));
}

for (const name of [
  "example.org",
  "notexample.com",
  "com",
  "*.com",
  "*",
  "example.com.",
  "",
  "home..example.com",
  "a.*.example.com",
  "8.8.8.8",
  "172.32.0.1",
  "11.0.0.0",
  "203.0.113.10",
  "::2",
  "2001:db8::1",
  "fe80::1%eth0",
  "::ffff:10.0.0.1",
  "EXAMPLE.com",
  "example.com\0.bank.example",
]) {
  test(`${JSON.stringify(name)} may not be certified`, () => assert.equal(isPermitted(name, PERMITTED), false));
}

test("what the certificate holds is what was permitted", async () => {
  const { authority } = await createServers(PERMITTED);
  assert.deepEqual(authority.permittedNames, PERMITTED);
});

test("names that lie within another are left out, and so are hosts' names that are none in the DNS", () => {
  assert.deepEqual(PERMITTED.dns, ["example.com", "raspberrypi", "local", "home.arpa", "lan", "internal", "fritz.box", "localhost"]);
  assert.deepEqual(PERMITTED.addresses.at(-1), "203.0.113.9/32");
});

test("a domain is taken as people type it", () => {
  assert.equal(parseDomain("Home.Example.COM."), "home.example.com");
  assert.equal(parseDomain("my-house.duckdns.org"), "my-house.duckdns.org");
  assert.equal(parseDomain("küche.example"), "xn--kche-0ra.example");
});

for (const text of [
  "",
  " ",
  "com",
  "co.uk",
  "duckdns.org",
  "*.example.com",
  "https://example.com",
  "example.com:8443",
  "192.168.1.2",
  "fd00::1",
  "a..b",
  "-a.example",
  "a_b.example",
  `${"a".repeat(64)}.example`,
  "1.2.3",
]) {
  test(`${JSON.stringify(text)} is no domain`, () => assert.throws(() => parseDomain(text), { code: "DOMAIN_INVALID" }));
}
