import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { automaticLan, namedLan } from "../../../services/enrollment/lan.js";

function own(cidr: string): NetworkInterfaceInfo {
  const [address = ""] = cidr.split("/");
  const common = { address, cidr, netmask: "", mac: "02:00:00:00:00:01", internal: false };
  return address.includes(":") ? { ...common, family: "IPv6", scopeid: 0 } : { ...common, family: "IPv4" };
}

const INTERFACES = {
  eth0: [own("192.168.1.20/24"), own("fd12:3456::20/64"), own("fe80::20/64"), own("2001:db8::20/64"), own("203.0.113.20/24")],
  docker0: [own("172.17.0.1/16")],
  wg0: [own("10.8.0.2/24")],
};
const lan = (...gateways: string[]) => automaticLan(INTERFACES, new Set(gateways), false);

test("the LAN is the private networks of this host's own interfaces, without bridges, tunnels and public addresses", () => {
  const { has } = lan();
  for (const inside of ["192.168.1.7", "::ffff:192.168.1.7", "fd12:3456::7", "fe80::7%eth0"]) assert.ok(has(inside), inside);
  for (const outside of ["192.168.2.7", "172.17.0.2", "10.8.0.1", "203.0.113.7", "2001:db8::7", "fd12:3457::7", ""])
    assert.ok(!has(outside), outside);
});

test("the default gateway is not on it, in whichever spelling its address comes", () => {
  const { has } = lan("192.168.1.1", "fd12:3456::fe");
  for (const gateway of ["192.168.1.1", "::ffff:192.168.1.1", "fd12:3456::fe", "fd12:3456:0:0::00fe"]) assert.ok(!has(gateway), gateway);
  // What is known of it leaves nothing to guess.
  for (const other of ["192.168.1.2", "fd12:3456::1"]) assert.ok(has(other), other);
});

test("of a gateway that is known by its link-local address, the addresses that it is likely to have are not on it, but our own is", () => {
  const { has } = lan("fe80::aabb:ccff:fe00:1");
  for (const gateway of ["fe80::aabb:ccff:fe00:1%eth0", "fd12:3456::aabb:ccff:fe00:1", "fd12:3456::1"]) assert.ok(!has(gateway), gateway);
  for (const other of ["fd12:3456::aabb:ccff:fe00:2", "fd12:3456::20", "192.168.1.1"]) assert.ok(has(other), other);
  const router = automaticLan({ lan: [own("fd12:3456::1/64")] }, new Set(["fe80::1"]), false);
  assert.ok(router.has("fd12:3456::1"));
});

test("in a container the LAN is this host alone, and the owner is told", () => {
  const { has, warning } = automaticLan(INTERFACES, new Set(), true);
  assert.ok(has("127.0.0.1") && has("::1") && !has("192.168.1.7"));
  assert.match(warning ?? "", /--lan/);
});

test("the gateway of a container is not on a LAN that is named and holds it, and the owner is told; named by itself it is", () => {
  const behind = new Set(["10.89.0.1", "fd00:89::1"]);
  const { has, warning } = namedLan(["192.168.1.0/24", "10.0.0.0/8", "fd00::/8"], behind);
  for (const inside of ["192.168.1.7", "10.89.0.2", "fd00:89::2"]) assert.ok(has(inside), inside);
  for (const gateway of ["10.89.0.1", "::ffff:10.89.0.1", "fd00:89:0::1"]) assert.ok(!has(gateway), gateway);
  assert.match(warning ?? "", /^10\.89\.0\.1 is this container's gateway.*docs\/containers\.md/);

  const without = namedLan(["192.168.1.0/24"], behind);
  assert.ok(without.has("192.168.1.7") && !without.has("10.89.0.1"));
  assert.equal(without.warning, undefined);

  const meant = namedLan(["10.0.0.0/8", "10.89.0.1/32"], behind);
  assert.ok(meant.has("10.89.0.1"));
  assert.equal(meant.warning, undefined);
});
