import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { call } from "../../clients/connect/connect.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";
import { type AttackedHouse, PROXY, startAttackedHouse } from "../support/attacked.js";
import { issueDevice } from "../support/operator.js";
import { openSilent, openTls } from "../support/raw.js";
import { askDevices, JSON_TYPE, renewalOf } from "../support/renewal.js";

/** What the internet can do to the devices' port through a proxy that is trusted, and what such a proxy could do itself. */
let house: AttackedHouse;
let port: number;
let root: string;

before(async () => {
  house = await startAttackedHouse();
  ({ port } = house.ports[1]);
  const { anchors } = await call(house.connection.publication, "getTrustBundle", GetTrustBundleRequest.create());
  root = anchors.find(({ authority }) => authority === "servers")?.certificate ?? "";
});
after(() => house.stop());

const lineOf = (client: string) =>
  client.includes(":") ? `PROXY TCP6 ${client} 2001:db8::1 40000 8445\r\n` : `PROXY TCP4 ${client} 198.51.100.1 40000 8445\r\n`;

/** A device on the way is renewed through the proxy, which is far from it. Answers how long it took, in ms. */
async function renewThroughProxy(name: string, client: string, farMillis = 0): Promise<number> {
  const device = await issueDevice(house.connection, name);
  const { json } = await renewalOf(device);
  const begun = performance.now();
  for (const [path, asking, status] of [
    ["/", {}, 200],
    ["/api/v1/renewals", { method: "POST", headers: JSON_TYPE, body: json }, 201],
  ] as const) {
    const socket = await openSilent({ port, from: PROXY });
    assert.ok(socket);
    socket.write(lineOf(client));
    await delay(farMillis);
    assert.ok(!socket.destroyed, `${name} was put out before its handshake`);
    const answer = await askDevices({ port, root, socket }, device, path, asking);
    assert.equal(answer.status, status, answer.text);
  }
  return performance.now() - begun;
}

/** An attack is over, or under way: a device on the way is renewed, and one at home. */
async function assertStands(told: { diagnostic(text: string): void }, name: string): Promise<void> {
  const millis = await renewThroughProxy(`${name}, on the way`, "203.0.113.200");
  told.diagnostic(`${name}: a device on the way is renewed in ${millis.toFixed(0)} ms`);
  await house.standsAfter(told, house.ports[1], `${name}, at home`);
}

async function untilEnded(sockets: readonly Socket[]): Promise<number> {
  const begun = Date.now();
  const left = () => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
  for (const socket of sockets) socket.resume();
  while (left() > 0 && Date.now() - begun < 60_000) await delay(100);
  assert.equal(left(), 0, "connections are still there after a minute");
  return Date.now() - begun;
}

test("what is no PROXY line, or no whole one, is refused before TLS, and costs nobody anything", { timeout: 120_000 }, async (t) => {
  const { certificate, key } = await issueDevice(house.connection, "Behind a broken proxy");
  const good = lineOf("203.0.113.9");
  const lines = [
    "\r\n",
    "PROXY\r\n",
    "PROXY UNKNOWN\r\n",
    "PROXY UNKNOWN 203.0.113.9 198.51.100.1 1 2\r\n",
    good.replace("\r\n", "\n"),
    good.replace("\r\n", "\r"),
    ` ${good}`,
    good.toLowerCase(),
    good.replaceAll(" ", "  "),
    good.replaceAll(" ", "\t"),
    good.replace("203.0.113.9", "203.0.113.09"),
    good.replace("203.0.113.9", "0xcb007109"),
    good.replace("203.0.113.9", "127.1"),
    good.replace("203.0.113.9", "house.lan"),
    good.replace("203.0.113.9", "2001:db8::9"),
    good.replace("203.0.113.9", ""),
    good.replace("203.0.113.9", "203.0.113.9\0"),
    good.replace("198.51.100.1", "198.51.100.256"),
    good.replace("40000", "-1"),
    good.replace("40000", "65536"),
    good.replace("40000", "4e4"),
    good.replace("TCP4", "TCP6"),
    good.replace("TCP4", "UDP4"),
    good.replace("\r\n", " more\r\n"),
    lineOf("fe80::1%eth0"),
    `PROXY TCP6 ${"f".repeat(120)}\r\n`,
    "P".repeat(1_000_000),
    // A second line is no TLS.
    `${good}${good}`,
    // Version 2, with a length that promises more.
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x09\xc6\x33\x64\x01\x9c\x40\x20\xfd",
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  ];
  const opened = await Promise.all(lines.map((first) => openTls({ port, from: PROXY, first, identity: { certificate, key } })));
  for (const [at, socket] of opened.entries()) assert.ok(socket === undefined, `was let in: ${JSON.stringify(lines[at]?.slice(0, 100))}`);
  // Nobody whom the proxy has not named: not the proxy itself, either.
  assert.ok((await openTls({ port, from: PROXY, identity: { certificate, key } })) === undefined);
  t.diagnostic(`${lines.length} lines that are none`);
  await assertStands(t, "After the lines");
});

test("PROXY lines that drip, or never end, keep no device out, and are ended", { timeout: 120_000 }, async (t) => {
  const opened = await Promise.all(Array.from({ length: 400 }, () => openSilent({ port, from: PROXY })));
  const sockets = opened.filter((socket) => socket !== undefined);
  let dripped = 0;
  const timer = setInterval(() => {
    const line = lineOf("203.0.113.9");
    for (const socket of sockets) if (socket.writable) socket.write(line[dripped % 20] ?? "");
    dripped += 1;
  }, 300);
  try {
    await assertStands(t, "Between dripping lines");
    t.diagnostic(`the last of ${sockets.length} was ended after ${((await untilEnded(sockets)) / 1000).toFixed(1)} s`);
  } finally {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  }
  await assertStands(t, "After the dripping lines");
});

/** Of one network, behind the proxy. */
const HELD_AT_MOST = 16;

/** A stranger behind the proxy who keeps coming and says nothing. Answers how often he came, and how many of his connections are held. */
async function withStranger(clientOf: (at: number) => string, during: () => Promise<void>): Promise<{ opened: number; held: number }> {
  let isOver = false;
  let opened = 0;
  const sockets = new Set<Socket>();
  const come = async () => {
    while (!isOver) {
      const socket = await openSilent({ port, from: PROXY });
      socket?.write(lineOf(clientOf(opened)));
      opened += 1;
      if (socket !== undefined) sockets.add(socket.once("close", () => sockets.delete(socket)));
    }
  };
  const coming = Promise.all(Array.from({ length: 32 }, come));
  try {
    await delay(1_000);
    await during();
    isOver = true;
    await coming;
    // Of whom is refused, the last learn so in moments; long before one that is held would be ended.
    for (let waited = 0; sockets.size > HELD_AT_MOST && waited < 5_000; waited += 100) await delay(100);
    return { opened, held: sockets.size };
  } finally {
    isOver = true;
    await coming;
    for (const socket of sockets) socket.destroy();
  }
}

test("a stranger behind the proxy who keeps coming, by one address or by all of a /64, holds sixteen places, and keeps no device out", {
  timeout: 120_000,
}, async (t) => {
  for (const [name, clientOf] of [
    ["From one address", () => "203.0.113.66"],
    ["From one address, spelled for IPv6", () => "::ffff:203.0.113.67"],
    ["From a whole /64", (at: number) => `2001:db8:bad:1::${(at + 1).toString(16)}`],
  ] as const) {
    const { opened, held } = await withStranger(clientOf, () => assertStands(t, name));
    t.diagnostic(`${name}: ${opened} connections, ${held} of them held`);
    assert.ok(held <= HELD_AT_MOST, `${name}: ${held} are held`);
  }
  await assertStands(t, "After the strangers");
});

test("strangers behind the proxy who keep coming from many networks make room for a device, however slow its handshake", {
  timeout: 120_000,
}, async (t) => {
  // Twenty networks of sixteen: more than there are places for all whom a proxy speaks for.
  const { opened, held } = await withStranger(
    (at) => (at % 2 === 0 ? `203.0.113.${1 + (at % 20)}` : `2001:db8:bad:${(at % 20).toString(16)}::${(at + 1).toString(16)}`),
    async () => {
      for (let device = 0; device < 10; device++) await renewThroughProxy(`Slow ${device}`, "203.0.113.200", 400);
    },
  );
  t.diagnostic(`${opened} connections, ${held} of them held`);
  await assertStands(t, "After the strangers of many networks");
});

test("requests that drip through the proxy, with a certificate that is good, are ended", { timeout: 120_000 }, async (t) => {
  const { certificate, key } = await issueDevice(house.connection, "Who drips from far");
  const begins = ["", "Content-Length: 60000\r\n\r\n{"];
  const open = async (at: number) => {
    const socket = await openTls({ port, from: PROXY, first: lineOf(`203.0.113.${1 + (at % 20)}`), identity: { certificate, key } });
    socket?.write(`POST /api/v1/renewals HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${begins[at % 2]}`);
    return socket;
  };
  const sockets = (await Promise.all(Array.from({ length: 200 }, (_, at) => open(at)))).filter((socket) => socket !== undefined);
  assert.ok(sockets.length > 150, `only ${sockets.length} of them were let in`);
  const timer = setInterval(() => {
    for (const [at, socket] of sockets.entries()) if (socket.writable) socket.write(at % 2 === 0 ? "X" : " ");
  }, 500);
  try {
    await assertStands(t, "Between drops from far");
    t.diagnostic(`the last of ${sockets.length} was ended after ${((await untilEnded(sockets)) / 1000).toFixed(1)} s`);
  } finally {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  }
  await assertStands(t, "After the drops from far");
});
