import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { startTestAuthority } from "../support/authority.js";
import { ask, type Device } from "../support/device.js";
import { createDoor, type Door } from "../support/door.js";
import { freePorts, until } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { issueDevice } from "../support/operator.js";
import { changeAndWait, subscriberOf } from "../support/revocation.js";

/** A CA on a port that stays over restarts, a door that enforces, a lost phone and a good one. */
async function startHouse(prepare: (dir: string) => Promise<void> = async () => {}) {
  const [port = 0] = await freePorts(1);
  const authority = await startTestAuthority({ grpc: { listen: `127.0.0.1:${port}` } });
  const [version] = await nginxVersions();
  const door = await createDoor(version?.command ?? "", authority);
  await prepare(door.dir);
  await door.configure();
  const first = await door.once();
  assert.equal(first.code, 0, first.stderr);
  await door.nginx.start();
  await door.startHook();
  await until(async () => (await subscriberOf(authority.connection))?.problem === "", "the hook does not report");
  const { anchors } = await call(authority.connection.publication, "getTrustBundle", {});
  const ca = anchors.find((anchor) => anchor.authority === "servers")?.certificate ?? "";
  const phone = async (name: string): Promise<Device> => ({ port: door.port, ca, identity: await issueDevice(authority.connection, name) });
  const [lost, good] = [await phone("lost phone"), await phone("good phone")];
  const stop = async () => {
    await door.stop();
    await authority.stop();
  };
  return { authority, door, lost, good, stop };
}

const held = (door: Door) => readFile(join(door.dir, "devices-crl.pem"), "utf8");

test("with a mistake in nginx.conf nginx goes on, the report says why, and the new CRL waits in place; mended, it catches up", async (t) => {
  const { authority, door, lost, good, stop } = await startHouse();
  t.after(stop);
  const before = await held(door);
  const configuration = await readFile(door.nginx.configuration, "utf8");
  await writeFile(door.nginx.configuration, configuration.replace("http {", "http { nonsense on;"));
  const { pending } = await changeAndWait(authority.connection, "revokeCertificate", "lost phone", 2);
  assert.deepEqual(pending, ["door"]);
  const subscriber = await subscriberOf(authority.connection);
  assert.equal(subscriber?.problem, "NGINX_TEST_FAILED");
  assert.match(subscriber?.problemDetail ?? "", /before the new ones, too.*nonsense/);
  assert.notEqual(await held(door), before);
  assert.equal((await ask(good)).status, 200);
  await writeFile(door.nginx.configuration, configuration);
  await until(async () => (await subscriberOf(authority.connection))?.problem === "", "the hook does not catch up", 20_000);
  assert.equal((await ask(lost)).status, 400);
});

test("whoever mends nginx.conf and reloads nginx by hand lets in nobody who was revoked meanwhile", async (t) => {
  const { authority, door, lost, good, stop } = await startHouse();
  t.after(stop);
  const configuration = await readFile(door.nginx.configuration, "utf8");
  await writeFile(door.nginx.configuration, configuration.replace("http {", "http { nonsense on;"));
  await changeAndWait(authority.connection, "revokeCertificate", "lost phone", 2);
  // So that nothing but the reload by hand can have done it.
  await door.stopHook();
  await writeFile(door.nginx.configuration, configuration);
  await door.nginx.reload();
  await until(async () => (await ask(lost)).status === 400, "the revoked phone is still let in");
  assert.equal((await ask(good)).status, 200);
});

test("when it is the new files that nginx refuses, the last good ones go back", async (t) => {
  const { authority, door, lost, good, stop } = await startHouse();
  t.after(stop);
  const before = await held(door);
  const isOfThisSize = `test "$(wc -c < ${join(door.dir, "devices-crl.pem")})" -le ${before.length}`;
  const { nginx, test: nginxTest } = door.nginx.commands;
  await door.stopHook();
  await door.startHook([...door.flags, "--test", `${nginxTest} && ${isOfThisSize}`, "--nginx", nginx]);
  await changeAndWait(authority.connection, "revokeCertificate", "lost phone", 0);
  const problem = async () => (await subscriberOf(authority.connection))?.problemDetail ?? "";
  await until(async () => (await problem()) !== "", "the hook does not report", 20_000);
  assert.match(await problem(), /the last good ones are back/);
  assert.equal(await held(door), before);
  assert.deepEqual([(await ask(lost)).status, (await ask(good)).status], [200, 200]);
});

test("a CA restored from an older backup has forgotten a revocation: nginx goes on refusing, and the CA takes it back", async (t) => {
  const { authority, door, lost, good, stop } = await startHouse();
  t.after(stop);
  const backup = join(authority.folder, "backup");
  await cp(authority.data, backup, { recursive: true });
  await rm(join(backup, "store", "LOCK"), { force: true });
  assert.deepEqual((await changeAndWait(authority.connection, "revokeCertificate", "lost phone")).pending, []);
  const before = await held(door);
  await rename(authority.data, `${authority.data}.lost`);
  await rename(backup, authority.data);
  await authority.restart();
  await until(async () => (await subscriberOf(authority.connection))?.problem !== "", "the hook does not report", 20_000);
  const subscriber = await subscriberOf(authority.connection);
  assert.deepEqual([subscriber?.problem, subscriber?.offersHeldCrl], ["CRL_FORGETS_REVOCATIONS", true]);
  assert.equal(await held(door), before);
  assert.deepEqual([(await ask(lost)).status, (await ask(good)).status], [400, 200]);
  const source = { $case: "subscriber" as const, value: "door" };
  await call(authority.connection.publication, "restoreRevocations", { source });
  await until(async () => (await subscriberOf(authority.connection))?.problem === "", "the hook does not accept", 20_000);
  assert.deepEqual([(await ask(lost)).status, (await ask(good)).status], [400, 200]);
});

test("with the disk full the old files stay and nginx goes on; with room it catches up", async (t) => {
  let mounted = "";
  const { authority, door, lost, good, stop } = await startHouse(async (dir) => {
    await mkdir(dir);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", dir]);
    mounted = dir;
  });
  t.after(async () => {
    await door.stopHook();
    await door.nginx.stop();
    execFileSync("umount", [mounted]);
    await stop();
  });
  const before = await held(door);
  assert.throws(() => execFileSync("dd", ["if=/dev/zero", `of=${door.dir}/ballast`, "bs=4k"], { stdio: "ignore" }));
  const { pending } = await changeAndWait(authority.connection, "revokeCertificate", "lost phone", 2);
  assert.deepEqual(pending, ["door"]);
  assert.equal((await subscriberOf(authority.connection))?.problem, "DISK_FULL");
  assert.equal(await held(door), before);
  assert.equal((await ask(good)).status, 200);
  await rm(join(door.dir, "ballast"));
  await until(async () => (await subscriberOf(authority.connection))?.problem === "", "the hook does not catch up", 20_000);
  assert.equal((await ask(lost)).status, 400);
});

test("nginx down: the new files wait for it; the CA away: nginx goes on, and the hook comes back by itself", async (t) => {
  const { authority, door, lost, good, stop } = await startHouse();
  t.after(stop);
  await door.nginx.stop();
  assert.deepEqual((await changeAndWait(authority.connection, "revokeCertificate", "lost phone", 2)).pending, ["door"]);
  assert.equal((await subscriberOf(authority.connection))?.problem, "NGINX_NOT_RUNNING");
  await door.nginx.start();
  await until(async () => (await subscriberOf(authority.connection))?.problem === "", "the hook does not see nginx", 20_000);
  assert.deepEqual([(await ask(lost)).status, (await ask(good)).status], [400, 200]);
  await authority.restart();
  assert.deepEqual((await changeAndWait(authority.connection, "revokeCertificate", "good phone")).pending, []);
  assert.equal((await ask(good)).status, 400);
  assert.ok(door.log.some((line) => line.includes("ca.away")));
});
