import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { storeRevoked } from "../bench/world/fill.js";
import { startTestAuthority } from "../support/authority.js";
import { ask, type Device } from "../support/device.js";
import { createDoor, type Door } from "../support/door.js";
import { freePorts, until } from "../support/nginx.js";
import { issueDevice } from "../support/operator.js";
import { changeAndWait, subscriberOf } from "../support/revocation.js";

const REVOKED_BEFORE = 12_000;

let door: Door;
let ca = "";

before(async () => {
  const [port] = await freePorts(1);
  const authority = await startTestAuthority({ domains: [], grpc: { listen: `127.0.0.1:${port}` } });
  await authority.restart(() => storeRevoked(authority.data, REVOKED_BEFORE));
  door = await createDoor("nginx", authority);
  await door.configure();
  const first = await door.once();
  assert.equal(first.code, 0, first.stderr);
  await door.nginx.start();
  await door.startHook();
  await until(async () => (await subscriberOf(authority.connection))?.problem === "", "the hook does not report");
  const { anchors } = await call(authority.connection.publication, "getTrustBundle", {});
  ca = anchors.find((anchor) => anchor.authority === "servers")?.certificate ?? "";
});
after(async () => {
  await door.stop();
  await door.authority.stop();
});

const phone = async (name: string): Promise<Device> => ({
  port: door.port,
  ca,
  identity: await issueDevice(door.authority.connection, name),
});
const statusOf = async (device: Device) => (await ask(device)).status;

/** What the hook has logged of the CRLs that came. */
function received(): { octets: number; cameOctets: number }[] {
  return door.log
    .filter((line) => line.includes('"crl.received"'))
    .map((line) => JSON.parse(line) as { octets: number; cameOctets: number });
}

function assertSmall(crl: { octets: number; cameOctets: number } | undefined): void {
  assert.ok(crl !== undefined && crl.octets > 30 * REVOKED_BEFORE && crl.cameOctets < 1_000, JSON.stringify(crl));
}

test("of a list with 12,000 entries the hook gets a kilobyte at most, and nginx enforces it", async () => {
  assert.equal(received().length, 1);
  // `once` has laid there what the hook began with.
  assertSmall(received()[0]);
  const [lost, good] = [await phone("lost"), await phone("good")];
  assert.deepEqual([await statusOf(lost), await statusOf(good)], [200, 200]);
  for (const [action, status] of [
    ["holdCertificate", 400],
    ["releaseCertificate", 200],
    ["revokeCertificate", 400],
  ] as const) {
    const { pending } = await changeAndWait(door.authority.connection, action, "lost");
    assert.deepEqual(pending, []);
    assert.deepEqual([await statusOf(lost), await statusOf(good)], [status, 200]);
    assertSmall(received().at(-1));
  }
});

test("a CA that was started anew goes on with changes", async () => {
  const lost = await phone("lost later");
  const before = received().length;
  await door.authority.restart();
  await until(() => received().length > before, "the hook gets no CRL");
  const { pending } = await changeAndWait(door.authority.connection, "revokeCertificate", "lost later");
  assert.deepEqual([pending, await statusOf(lost)], [[], 400]);
  for (const crl of received().slice(before)) assertSmall(crl);
  assert.ok(!door.log.some((line) => line.includes("crl.change_unfit")));
});
