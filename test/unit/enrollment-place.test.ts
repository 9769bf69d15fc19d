import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { permittedNames } from "../../services/ca/authority/name-constraints.js";
import { type EnrollmentPlace, enrollmentPlace, ownNames, type Surroundings } from "../../services/ca/workflows/names.js";
import { settingsSchema } from "../../services/config.js";

const address = (text: string, bits: number): NetworkInterfaceInfo => ({
  address: text,
  netmask: "",
  mac: "",
  internal: text === "127.0.0.1" || text === "::1",
  cidr: `${text}/${bits}`,
  ...(text.includes(":") ? { family: "IPv6", scopeid: 0 } : { family: "IPv4" }),
});

/** A small server in a house, with containers on it and a tunnel to elsewhere. */
const HOUSE: Surroundings = {
  hostName: "Shed",
  interfaces: {
    lo: [address("127.0.0.1", 8), address("::1", 128)],
    docker0: [address("172.17.0.1", 16)],
    wg0: [address("10.8.0.2", 24)],
    eth1: [address("192.168.77.5", 24)],
    wlan0: [address("192.168.1.20", 24), address("fd12::20", 64), address("fe80::20", 64)],
  },
  defaultRoutes: ["wlan0"],
  inContainer: false,
  hasMdns: false,
};

/** Where the service is on such a host, whose CA was made with these settings. */
function placeOf(
  settings: object,
  here: Partial<Surroundings> = {},
  madeFor: { domains?: string[]; here?: Partial<Surroundings> } = {},
): EnrollmentPlace {
  const parsed = settingsSchema.parse(settings);
  const atFirstRun = ownNames(settingsSchema.parse({}), { ...HOUSE, ...(madeFor.here ?? here) });
  return enrollmentPlace(parsed, permittedNames(madeFor.domains ?? [], atFirstRun), { ...HOUSE, ...here });
}

const ONLY_LOOPBACK = { lo: [address("127.0.0.1", 8)] };

test("a phone is sent to this host's address in the house: no container's, no tunnel's, the way to the internet first", () => {
  const { host, names, problem } = placeOf({});
  assert.equal(host, "192.168.1.20");
  assert.deepEqual(names, ["192.168.1.20", "shed", "shed.local", "192.168.77.5", "localhost", "127.0.0.1", "::1"]);
  assert.equal(problem, undefined);
});

test("when the address changes, host and names are others", () => {
  const moved = { wlan0: [address("192.168.1.99", 24)] };
  assert.equal(placeOf({}, { interfaces: moved }).host, "192.168.1.99");
  assert.ok(!placeOf({}, { interfaces: moved }).names.includes("192.168.1.20"));
});

test("a house without IPv4 is found by its unique local address", () => {
  const { host, names } = placeOf({}, { interfaces: { wlan0: [address("fe80::20", 64), address("fd12::20", 64)] } });
  assert.equal(host, "fd12::20");
  assert.equal(names[0], "fd12::20");
});

test("the one address that is listened on is where a phone is sent", () => {
  assert.equal(placeOf({ enrollment: { listen: "192.168.77.5:8443" } }).host, "192.168.77.5");
  assert.equal(placeOf({ enrollment: { listen: "0.0.0.0:8443" } }).host, "192.168.1.20");
});

test("the LAN that is set says which address counts; a container's own says nothing", () => {
  assert.equal(placeOf({ enrollment: { lan: ["192.168.77.0/24"] } }).host, "192.168.77.5");
  const bridged = { inContainer: true, interfaces: { eth0: [address("172.18.0.3", 16)] } };
  for (const enrollment of [{}, { lan: ["192.168.1.0/24"] }]) {
    const { host, names, problem } = placeOf({ enrollment }, bridged);
    assert.deepEqual([host, problem?.code], ["shed", "ENROLLMENT_HOST_UNKNOWN"]);
    assert.ok(!names.includes("172.18.0.3"));
  }
  // With the host's network, or macvlan.
  const inHouse = { inContainer: true, interfaces: { eth0: [address("192.168.1.20", 24)] } };
  assert.equal(placeOf({ enrollment: { lan: ["192.168.1.0/24"] } }, inHouse).host, "192.168.1.20");
});

test("a LAN of public addresses is certified from the first run on", () => {
  const settings = settingsSchema.parse({ enrollment: { lan: ["192.0.2.0/24"] } });
  const here = { ...HOUSE, interfaces: { eth0: [address("192.0.2.2", 24)] } };
  assert.equal(enrollmentPlace(settings, permittedNames([], ownNames(settings, here)), here).host, "192.0.2.2");
});

test("a bare host name is the last resort, and it is said that phones hardly find it", () => {
  const { host, problem } = placeOf({}, { interfaces: ONLY_LOOPBACK });
  assert.equal(host, "shed");
  assert.equal(problem?.code, "ENROLLMENT_HOST_UNKNOWN");
  assert.match(problem?.message ?? "", /invitations say shed, .*--enroll-host/);
  assert.equal(placeOf({}, { interfaces: ONLY_LOOPBACK, hostName: "my_pi" }).host, "localhost");
  assert.equal(placeOf({}, { interfaces: ONLY_LOOPBACK, hostName: "localhost.localdomain" }).problem?.code, "ENROLLMENT_HOST_UNKNOWN");
});

test("without an address, a name that something answers for will do", () => {
  assert.equal(placeOf({}, { interfaces: ONLY_LOOPBACK, hostName: "shed.example.com" }).host, "shed.example.com");
  assert.equal(placeOf({}, { interfaces: ONLY_LOOPBACK, hasMdns: true }).host, "shed.local");
  assert.equal(placeOf({}, { interfaces: ONLY_LOOPBACK, hasMdns: true }).problem, undefined);
});

test("a name that is set counts as soon as it is permitted; until then the address does, and it is said why", () => {
  const settings = { enrollment: { host: "House.example.org" } };
  const before = placeOf(settings);
  assert.deepEqual([before.host, before.problem?.code], ["192.168.1.20", "ENROLLMENT_HOST_NOT_PERMITTED"]);
  assert.ok(!before.names.includes("house.example.org"), "else it would get no certificate at all");
  const after = placeOf(settings, {}, { domains: ["example.org"] });
  assert.deepEqual([after.host, after.problem], ["house.example.org", undefined]);
  const tls = { certificate: "own.pem", key: "own.key" };
  assert.equal(placeOf({ enrollment: { host: "house.example.org", tls } }).host, "house.example.org");
});

test("a host that was given another name after the first run is certified for the rest", () => {
  const { names } = placeOf({}, { hostName: "barn" }, { here: {} });
  assert.deepEqual(names, ["192.168.1.20", "barn.local", "192.168.77.5", "localhost", "127.0.0.1", "::1"]);
});
