import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { ask, type Device, keepAlive, keepHttp2, openSocket } from "../support/device.js";
import { createDoor, type Door, type DoorSettings } from "../support/door.js";
import { until } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { issueDevice } from "../support/operator.js";
import { changeAndWait, subscriberOf } from "../support/revocation.js";

/** Tickets on, so that there are sessions to resume; no cache that outlives a reload. */
const WITH_TICKETS = { sessions: "ssl_session_cache none;" };
const SHARED = { sessions: "ssl_session_cache shared:SSL:1m;" };

async function startHouse(command: string, settings: DoorSettings): Promise<{ door: Door; phone(name: string): Promise<Device> }> {
  const door = await createDoor(command);
  await door.configure(settings);
  const first = await door.once();
  assert.equal(first.code, 0, first.stderr);
  await door.nginx.start();
  await door.startHook();
  await until(() => door.log.some((line) => /"event":"(crl.enforced|nginx.not_enforcing)"/.test(line)), "the hook does nothing");
  await until(async () => (await subscriberOf(door.authority.connection))?.problem !== "NGINX_NOT_RUNNING", "the hook does not report");
  const { anchors } = await call(door.authority.connection.publication, "getTrustBundle", {});
  const ca = anchors.find(({ authority }) => authority === "servers")?.certificate ?? "";
  return {
    door,
    phone: async (name) => ({ port: door.port, ca, identity: await issueDevice(door.authority.connection, name) }),
  };
}

for (const { name, command } of await nginxVersions()) {
  test(`${name}: a revoked device is refused on every connection, and another goes on`, async (t) => {
    const { door, phone } = await startHouse(command, WITH_TICKETS);
    t.after(() => door.stop());
    const { connection } = door.authority;

    const lost = await phone("lost phone");
    const other = await phone("other phone");
    const fresh = await ask(lost);
    assert.deepEqual([fresh.status, fresh.body.includes("home")], [200, true]);
    const tls13 = await ask(lost, { version: "TLSv1.3" });
    const tls12 = await ask(lost, { version: "TLSv1.2" });
    // The sessions can be resumed: or the refusals below would show nothing.
    for (const { version, session } of [
      { version: "TLSv1.3" as const, session: tls13.session },
      { version: "TLSv1.2" as const, session: tls12.session },
    ]) {
      const resumed = await ask(lost, { version, ...(session ? { session } : {}) });
      assert.deepEqual([resumed.status, resumed.resumed], [200, true], `${version}: ${resumed.body}`);
    }
    const kept = keepAlive(lost);
    const http2 = keepHttp2(lost);
    const socket = await openSocket(lost);
    t.after(() => {
      kept.close();
      http2.close();
      socket.close();
    });
    assert.deepEqual([await kept.ask(), await http2.ask(), await socket.echo("hello")], [200, 200, "hello"]);

    const { enforcedBy, pending } = await changeAndWait(connection, "revokeCertificate", "lost phone");
    assert.deepEqual(pending, []);
    assert.equal(enforcedBy[0]?.subscriber, "door");
    assert.ok((enforcedBy[0]?.afterMillis ?? 0) > 0);

    assert.equal((await ask(lost)).status, 400, "(a) nothing open");
    for (const { version, session } of [
      { version: "TLSv1.3" as const, session: tls13.session },
      { version: "TLSv1.2" as const, session: tls12.session },
    ]) {
      assert.equal((await ask(lost, { version, ...(session ? { session } : {}) })).status, 400, `(b, c) a ${version} session to resume`);
    }
    assert.equal(await kept.ask(), 0, "(d) an idle kept connection");
    assert.equal(await http2.ask(), 0, "(d) an HTTP/2 connection");
    assert.equal(socket.isOpen, false, "(e) an open WebSocket");
    assert.equal((await ask(other)).status, 200);
    assert.equal((await ask({ ...lost, identity: undefined })).status, 400);
  });

  test(`${name}: with a shared session cache the revoked device is not called refused`, async (t) => {
    const { door, phone } = await startHouse(command, SHARED);
    t.after(() => door.stop());
    const { connection } = door.authority;
    const lost = await phone("lost phone");
    const { session } = await ask(lost, { version: "TLSv1.3" });
    const { enforcedBy, pending } = await changeAndWait(connection, "revokeCertificate", "lost phone", 4);
    assert.deepEqual([enforcedBy, pending], [[], ["door"]]);
    const subscriber = await subscriberOf(connection);
    assert.equal(subscriber?.problem, "NGINX_SETTINGS_LEAVE_A_HOLE");
    assert.match(subscriber?.problemDetail ?? "", /\[SHARED_SESSION_CACHE\]/);
    // The CRL is in force all the same: only who resumes gets in, and only where tickets outlive the reload (since 1.23.2).
    const fresh = await ask(lost);
    assert.equal(fresh.status, 400, fresh.body);
    const resumed = await ask(lost, { version: "TLSv1.3", ...(session ? { session } : {}) });
    assert.equal(resumed.status, name === "debian-12" ? 400 : 200);
  });
}

test("a held device is refused, a released one let in again, and the CRL's number only grows, over restarts too", async (t) => {
  const [version] = await nginxVersions();
  const { door, phone } = await startHouse(version?.command ?? "", {});
  t.after(() => door.stop());
  const device = await phone("phone");
  assert.equal((await ask(device)).status, 200);
  const numbers: bigint[] = [];
  const change = async (action: "holdCertificate" | "releaseCertificate") => {
    const { crlNumber, pending } = await changeAndWait(door.authority.connection, action, "phone");
    assert.deepEqual(pending, []);
    numbers.push(BigInt(crlNumber));
    return (await ask(device)).status;
  };
  assert.equal(await change("holdCertificate"), 400);
  assert.equal(await change("releaseCertificate"), 200);
  await door.stopHook("SIGKILL");
  await door.startHook();
  assert.equal(await change("holdCertificate"), 400);
  assert.equal(await change("releaseCertificate"), 200);
  assert.deepEqual(
    numbers.toSorted((a, b) => (a < b ? -1 : 1)),
    numbers,
  );
  assert.equal(new Set(numbers).size, numbers.length);
});

test("old workers may live for a day: whoever is refused anew is cut at once, and what refuses nobody anew cuts nobody", async (t) => {
  const [version] = await nginxVersions();
  const { door, phone } = await startHouse(version?.command ?? "", { main: "worker_shutdown_timeout 1d;" });
  t.after(() => door.stop());
  const [good, lost] = [await phone("good phone"), await phone("lost phone")];
  const sockets: Awaited<ReturnType<typeof openSocket>>[] = [];
  t.after(() => sockets.forEach((socket) => void socket.close()));
  const open = async (device: Device) => {
    const socket = await openSocket(device);
    sockets.push(socket);
    assert.equal(await socket.echo("hello"), "hello");
    return socket;
  };
  const change = async (action: Parameters<typeof changeAndWait>[1]) => {
    const { pending } = await changeAndWait(door.authority.connection, action, "lost phone");
    assert.deepEqual(pending, []);
  };
  const socketOfLost = await open(lost);
  await change("holdCertificate");
  assert.equal(socketOfLost.isOpen, false);

  const socketOfGood = await open(good);
  await change("releaseCertificate");
  assert.equal(await socketOfGood.echo("still there"), "still there");
  // Nor does the hook's own end and beginning: what nginx has proved, it has proved.
  await door.stopHook("SIGKILL");
  door.log.length = 0;
  await door.startHook();
  await until(() => door.log.some((line) => /"event":"crl.enforced".*"cuts":false/.test(line)), "the hook proves nothing");
  assert.equal(await socketOfGood.echo("still there"), "still there");
  const again = await open(lost);
  await change("revokeCertificate");
  assert.equal(again.isOpen, false);
  // In an old worker since the release; nginx can't cut one connection of many.
  assert.equal(socketOfGood.isOpen, false);
  await open(good);
  assert.equal((await ask(lost)).status, 400);
});

test("a reload by somebody else ends what the hook has had proved: whoever was let in meanwhile is cut before it says enforced again", async (t) => {
  const [version] = await nginxVersions();
  const main = "worker_shutdown_timeout 1d;";
  const { door, phone } = await startHouse(version?.command ?? "", { main });
  t.after(() => door.stop());
  const lost = await phone("lost phone");
  assert.deepEqual((await changeAndWait(door.authority.connection, "revokeCertificate", "lost phone")).pending, []);
  // While the hook is away somebody tries something in nginx's settings, and takes it back.
  await door.stopHook();
  await door.configure({ main, verification: `ssl_client_certificate ${door.dir}/devices-ca.pem; ssl_verify_client on;` });
  await door.nginx.reload();
  await until(async () => (await ask(lost)).status === 200, "the door is not open");
  const socket = await openSocket(lost);
  await door.configure({ main });
  await door.nginx.reload();
  await until(async () => (await ask(lost)).status === 400, "the door is not shut");
  assert.equal(await socket.echo("still in"), "still in");
  door.log.length = 0;
  await door.startHook();
  await until(() => door.log.some((line) => /"event":"crl.enforced".*"cuts":true/.test(line)), "nothing is cut", 20_000);
  assert.equal(socket.isOpen, false);
});
