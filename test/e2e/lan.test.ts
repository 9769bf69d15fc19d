import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";
import { ANSWERED, createTestNetwork, curl, REFUSED_BEFORE_TLS, type TestHost, type TestNetwork } from "../support/router.js";

let network: TestNetwork;
let world: TestAuthority;
let house: TestEnrollment;
let port: string;

before(async () => {
  network = createTestNetwork();
  world = await startTestAuthority();
  const { ours, lan, proxy } = network;
  house = await startTestEnrollment(world, { listen: "[::]:0", lan, trustedProxies: [proxy], names: Object.values(ours) });
  port = house.service.address.split(":").at(-1) ?? "";
});
after(async () => {
  await house.stop();
  await world.stop();
  network.remove();
});

const healthOf = (address: string) => `https://${address.includes(":") ? `[${address}]` : address}:${port}/healthz`;

/** What `latchkey audit` says of refusals at the enrolment page. */
async function refusals(): Promise<string> {
  const latchkey = fileURLToPath(new URL("../../clients/cli/latchkey.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [latchkey, "audit", "--credential", world.ca.operatorFolder]);
  return stdout
    .split("\n")
    .filter((line) => line.includes("enrollment.refused"))
    .join("\n");
}

test("a phone on the LAN is answered, over IPv4 (which the listener sees as mapped IPv6), IPv6, and a link-local address with its zone", async () => {
  const { phone, ours, zone } = network;
  assert.deepEqual(await curl(phone, healthOf(ours.ipv4)), ANSWERED);
  assert.deepEqual(await curl(phone, healthOf(ours.ipv6)), ANSWERED);
  assert.deepEqual(await curl(phone, healthOf(`${ours.linkLocal}%25${zone}`)), ANSWERED);
});

test("a host behind the router gets no TLS handshake, over IPv4 and IPv6, and is counted in the log and in the audit log", async () => {
  const { stranger, ours } = network;
  assert.deepEqual(await curl(stranger, healthOf(ours.ipv4)), REFUSED_BEFORE_TLS);
  assert.deepEqual(await curl(stranger, healthOf(ours.ipv6)), REFUSED_BEFORE_TLS);
  for (const address of [stranger.ipv4, stranger.ipv6]) {
    assert.ok(
      house.log.some((line) => line.includes("NOT_ON_LAN") && line.includes(address)),
      address,
    );
  }
  // Counts are gathered for some seconds; an IPv4 address in IPv6 is told as what it is.
  const isTold = (told: string) => [stranger.ipv4, stranger.ipv6].every((address) => told.includes(`NOT_ON_LAN ${address} 1`));
  for (let tries = 0; tries < 40 && !isTold(await refusals()); tries++) await delay(500);
  const told = await refusals();
  assert.ok(isTold(told), told);
  assert.match(told, /operator:enrollment /);
});

const SPOOFED = [
  ["X-Forwarded-For: 10.86.7.2"],
  ["X-Forwarded-For: 127.0.0.1"],
  ["X-Real-IP: 10.86.7.2"],
  ["Forwarded: for=10.86.7.2"],
  ["True-Client-IP: 10.86.7.2", "CF-Connecting-IP: 10.86.7.2", "X-Client-IP: 10.86.7.2"],
];

test("a stranger gets nothing by any header that says another address, nor by a PROXY line", async () => {
  const { stranger, ours } = network;
  for (const headers of SPOOFED) {
    const flags = headers.flatMap((header) => ["-H", header]);
    assert.deepEqual(await curl(stranger, ...flags, healthOf(ours.ipv4)), REFUSED_BEFORE_TLS, headers.join());
    assert.deepEqual(await curl(stranger, ...flags, healthOf(ours.ipv6)), REFUSED_BEFORE_TLS, headers.join());
  }
  assert.deepEqual(await curl(stranger, "--haproxy-protocol", healthOf(ours.ipv4)), REFUSED_BEFORE_TLS);
});

test("on the LAN such headers change nothing: the peer's own address counts", async () => {
  const { phone, ours } = network;
  for (const headers of SPOOFED) {
    const spoofed = headers.map((header) => header.replace("10.86.7.2", "203.0.113.9"));
    assert.deepEqual(await curl(phone, ...spoofed.flatMap((header) => ["-H", header]), healthOf(ours.ipv4)), ANSWERED, spoofed.join());
  }
});

test("a name that was rebound to us is none of ours, whatever it looks like", async () => {
  const { phone, ours } = network;
  const rebound = [
    "evil.example",
    `evil.example:${port}`,
    `${ours.ipv4}.evil.example`,
    `localhost.evil.example:${port}`,
    `evil.example#${ours.ipv4}`,
    `${ours.ipv4}@evil.example`,
    "[::ffff:203.0.113.2]",
    "0.0.0.0",
    "10.86.7.254",
  ];
  for (const host of rebound) {
    const { status } = await curl(phone, "-H", `Host: ${host}`, healthOf(ours.ipv4));
    assert.match(status, /^(421|400)$/, host);
  }
  assert.equal((await curl(phone, "-H", "Host:", healthOf(ours.ipv4))).status, "400");
});

test("behind a trusted proxy every hop of the chain is on the LAN, or nobody is let in", async () => {
  const { phone, ours, proxy } = network;
  const through = async (...chain: string[]) =>
    (await curl(phone, "--interface", proxy, ...chain.flatMap((one) => ["-H", `X-Forwarded-For: ${one}`]), healthOf(ours.ipv4))).status;
  assert.equal(await through("10.86.7.2"), "200");
  assert.equal(await through("fd00:86:7::2"), "200");
  assert.equal(await through(`10.86.7.2, ${proxy}`), "200");
  const refused = [
    [],
    ["203.0.113.2"],
    ["2001:db8:86::2"],
    ["::ffff:203.0.113.2"],
    ["203.0.113.2, 10.86.7.2"],
    ["10.86.7.2, 203.0.113.2"],
    ["10.86.7.2", "203.0.113.2"],
    ["203.0.113.2", "10.86.7.2"],
    ["10.86.7.2,"],
    ["10.86.7.2, unknown"],
    ["10.86.7.2:443"],
    ["167.772.160.1"],
    ["0x0a560702"],
    ["173410050"],
    ["10.86.7.2 203.0.113.2"],
    ["for=10.86.7.2"],
  ];
  for (const chain of refused) assert.equal(await through(...chain), "403", chain.join(" | "));
  // Another header than the one that is agreed on says nothing.
  const { status } = await curl(phone, "--interface", proxy, "-H", "X-Real-IP: 10.86.7.2", healthOf(ours.ipv4));
  assert.equal(status, "403");
});

test("an invitation is redeemed from the LAN, and by nobody else", async () => {
  const { phone, stranger, ours } = network;
  const { token, invitation } = await house.invite("On the LAN");
  const enroll = (host: TestHost, address: string) => {
    const url = healthOf(address).replace("healthz", "api/v1/enrollments");
    return curl(host, "-H", "Content-Type: application/json", "-d", JSON.stringify({ token, format: "pem" }), url);
  };
  assert.deepEqual(await enroll(stranger, ours.ipv4), REFUSED_BEFORE_TLS);
  assert.deepEqual(await enroll(stranger, ours.ipv6), REFUSED_BEFORE_TLS);
  assert.equal((await enroll(phone, ours.ipv6)).status, "201", invitation?.name);
});

/** On the phone's host: opens many connections that say nothing, each from another address, and tells how many of them are on the way, and open. */
const CROWD = `
const [, from, host, port, count] = process.argv;
const { connect } = require("node:net");
let onTheWay = Number(count), open = 0;
for (let at = onTheWay; at > 0; at--) {
  const socket = connect({ host, port, localAddress: from + at.toString(16) });
  socket.once("connect", () => { socket.wasOpen = true; onTheWay--; open++; socket.once("close", () => open--); });
  socket.once("error", () => { if (!socket.wasOpen) onTheWay--; });
  socket.on("error", () => {});
}
setInterval(() => console.log(JSON.stringify({ onTheWay, open })), 50);
`;

test("a host with all the addresses of its /64 takes no more than that network's share of connections, and keeps nobody out", async () => {
  const { many, ours, phone } = network;
  const crowd = spawn("ip", ["netns", "exec", phone.namespace, process.execPath, "-e", CROWD, many, ours.ipv6, port, "700"]);
  let told = "";
  crowd.stdout.on("data", (chunk: Buffer) => {
    told = chunk.toString().trim().split("\n").at(-1) ?? "";
  });
  // While some are on the way, the number that is open is that of a moment: it is reached from above and from below.
  const isHeld = async (open: number) => {
    const wanted = JSON.stringify({ onTheWay: 0, open });
    for (let tries = 0; tries < 100 && told !== wanted; tries++) await delay(100);
    assert.equal(told, wanted);
  };
  try {
    await isHeld(256);
    assert.deepEqual(await curl(phone, healthOf(ours.ipv4)), ANSWERED);
    assert.deepEqual(await curl(phone, healthOf(ours.ipv6)), ANSWERED);
    await isHeld(256);
    // Another host of that very network: one of those who say nothing makes room.
    assert.deepEqual(await curl(phone, "--interface", `${many}ffff`, healthOf(ours.ipv6)), ANSWERED);
    await isHeld(255);
  } finally {
    crowd.kill();
  }
});
