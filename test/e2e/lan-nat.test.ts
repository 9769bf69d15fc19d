import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ANSWERED, curl, REFUSED_BEFORE_TLS, type TestHost } from "../support/router.js";
import { startServe, type TestServe } from "../support/serve.js";
import { createSourceNatNetwork, type SourceNatNetwork } from "../support/source-nat.js";

/** What the service takes for its LAN by itself, on a host whose router hides who comes in. */
const PORTS = [8443, 8445];
let network: SourceNatNetwork;
let serve: TestServe;

before(async () => {
  network = createSourceNatNetwork(PORTS);
  const [enroll, devices] = PORTS.map((port) => `[::]:${port}`);
  serve = await startServe(["--enroll", `${enroll}`, "--devices", `${devices}`, "--enroll-host", "house.lan"], {
    under: network.onOurs,
    isLanAutomatic: true,
  });
});
after(async () => {
  await serve.end("SIGTERM");
  await serve.remove();
  network.remove();
});

/** How often each of the router's addresses has been refused. */
const refusals = new Map<string, number>();

function ask(host: TestHost, port: number, address: string): Promise<{ status: string; code: unknown }> {
  const place = address.includes(":") ? `[${address}]` : address;
  return curl(host, "--resolve", `house.lan:${port}:${place}`, `https://house.lan:${port}/healthz`);
}

/** Who comes through the router is refused at both ports, whoever it is. */
async function assertRefused(host: TestHost, address: string, seenFrom: string): Promise<void> {
  for (const port of PORTS) {
    assert.deepEqual(await ask(host, port, address), REFUSED_BEFORE_TLS, `${host.namespace} ${address} ${port}`);
    refusals.set(seenFrom, (refusals.get(seenFrom) ?? 0) + 1);
  }
}

async function assertAnswered({ ours, phone }: SourceNatNetwork): Promise<void> {
  for (const port of PORTS) {
    for (const address of [ours.ipv4, ours.ipv6]) assert.deepEqual(await ask(phone, port, address), ANSWERED, `${address} ${port}`);
  }
}

test("a phone on the LAN is answered, over IPv4 and IPv6, with nobody having said what the LAN is", async () => {
  await assertAnswered(network);
});

test("a stranger whom the router forwards, and gives its own address, gets no TLS handshake", async () => {
  const { stranger, outside, gateway } = network;
  await assertRefused(stranger, outside.ipv4, gateway.ipv4);
  await assertRefused(stranger, outside.ipv6, gateway.ipv6);
});

test("nor does a phone on the LAN that comes by the router's public address (hairpin): it can't be told from a stranger", async () => {
  const { phone, outside, gateway } = network;
  await assertRefused(phone, outside.ipv4, gateway.ipv4);
  await assertRefused(phone, outside.ipv6, gateway.ipv6);
  await assertAnswered(network);
});

/** The service looks for its place every 10 s. */
const UNTIL_IT_HAS_LOOKED_MILLIS = 12_000;

test("a router that is known by its link-local address alone, as announcements say it, is refused by its address on the LAN", async () => {
  const { stranger, phone, outside } = network;
  // The end of its link-local address, and the one that most routers give themselves.
  for (const address of ["fd00:86:9::86:fe", "fd00:86:9::1"]) {
    network.announce(address);
    await delay(UNTIL_IT_HAS_LOOKED_MILLIS);
    await assertRefused(stranger, outside.ipv6, address);
    await assertRefused(phone, outside.ipv6, address);
  }
  await assertAnswered(network);
});

test("each of them stands in the audit log, with the router's address", async () => {
  // What is counted and not reported yet is reported at the service's end.
  await serve.end("SIGTERM");
  await serve.start();
  const { stdout } = await serve.latchkey("audit");
  const counts = new Map<string, number>();
  for (const [, address = "", count] of stdout.matchAll(/NOT_ON_LAN (\S+) (\d+)/g))
    counts.set(address, (counts.get(address) ?? 0) + Number(count));
  assert.deepEqual(counts, refusals, stdout);
});
