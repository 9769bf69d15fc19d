import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { call } from "../../clients/connect/connect.js";
import { writeCredential } from "../../clients/connect/credential.js";
import { requestServerCertificate } from "../../clients/connect/server-certificate.js";
import { RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { clockOff } from "../support/clock.js";
import { ask, type Device, openSocket } from "../support/device.js";
import { HOOK } from "../support/door.js";
import { freePorts, until } from "../support/nginx.js";
import { createArticleCa } from "../support/old-ca.js";
import { createOperator, issueDevice } from "../support/operator.js";
import { createOtherDoor, type OtherDoor, type OtherDoorKind } from "../support/other-door.js";
import { changeAndWait } from "../support/revocation.js";
import { startNamedBackend, type TestBackend } from "../support/site.js";

const LATCHKEY = fileURLToPath(new URL("../../clients/cli/latchkey.js", import.meta.url));
const FORGED = ["Name", "Id", "Serial-Number", "Subject"].map((name) => `X-Device-${name}: root`);

let authority: TestAuthority;
/** A CA that was adopted. */
let old: Awaited<ReturnType<typeof createArticleCa>>;
let backend: TestBackend;
let folder = "";
let root = "";
before(async () => {
  const [grpc] = await freePorts(1);
  authority = await startTestAuthority({ domains: [], grpc: { listen: `127.0.0.1:${grpc}` } });
  old = await createArticleCa(join(authority.folder, "old"));
  await authority.restart(async () => {
    const args = [LATCHKEY, "adopt", "--ca", old.ca, "--key", old.key];
    await promisify(execFile)(process.execPath, args, { env: { ...process.env, LATCHKEY_DATA: authority.data } });
  });
  backend = await startNamedBackend("home");
  folder = await mkdtemp(join(tmpdir(), "latchkey-doors-"));
  const { certificate, key } = await requestServerCertificate(authority.connection, ["localhost"]);
  await writeFile(join(folder, "server.crt"), certificate);
  await writeFile(join(folder, "server.key"), key, { mode: 0o600 });
  const { anchors } = await call(authority.connection.publication, "getTrustBundle", {});
  root = anchors.find((anchor) => anchor.authority === "servers")?.certificate ?? "";
});
after(async () => {
  await backend.close();
  await authority.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Expected {
  /** What a backend hears of the phone's serial number. */
  readonly serialNumber: (hex: string) => string;
  /** With a CRL that has expired everybody is refused. */
  readonly minds: boolean;
}
const DOORS: Readonly<Record<OtherDoorKind, Expected>> = {
  haproxy: { serialNumber: (hex) => hex.toUpperCase(), minds: true },
  apache: { serialNumber: (hex) => hex.toUpperCase(), minds: true },
  caddy: { serialNumber: (hex) => BigInt(`0x${hex}`).toString(), minds: false },
};

for (const [kind, expected] of Object.entries(DOORS) as [OtherDoorKind, Expected][]) {
  describe(`${kind}, as the site kit renders it`, () => {
    let door: OtherDoor;
    let follower: ChildProcess;
    let port = 0;
    const log: string[] = [];
    const said = (event: string) => log.filter((line) => line.includes(`"event":"${event}"`));
    const device = (identity: Device["identity"]): Device => ({ port, ca: root, identity });

    before(async () => {
      [port = 0] = await freePorts(1);
      const dir = join(folder, kind);
      const certificate = { certificate: join(folder, "server.crt"), key: join(folder, "server.key") };
      const sites = [{ names: ["localhost"], backend: `http://127.0.0.1:${backend.port}` }];
      door = await createOtherDoor(kind, { dir, certificate, sites, httpsPort: port });
      const credential = join(folder, `credential of ${kind}`);
      await writeCredential({ ...(await createOperator(authority, kind, "viewer")), folder: credential });
      follower = spawn(process.execPath, [HOOK, "follow", "--credential", credential, "--dir", dir, "--command", door.command], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      follower.stderr?.on("data", (chunk: Buffer) => log.push(...chunk.toString().trimEnd().split("\n")));
      await until(() => said("command.done").length === 1, "no files come", 20_000);
      await door.configure();
      await door.validate();
      await door.start();
      const good = await issueDevice(authority.connection, `first ${kind}`);
      await until(async () => (await ask(device(good))).status === 200, "it lets nobody in", 20_000);
    });
    after(async () => {
      const ended = once(follower, "exit");
      follower.kill();
      await ended;
      await door.remove();
    });

    test("a good phone gets in, and the backend hears which it is; what it says itself is overwritten", async () => {
      const phone = await issueDevice(authority.connection, `phone of ${kind}`);
      const head = ["GET /hello HTTP/1.1", "Host: localhost", ...FORGED, "X-Forwarded-For: 10.9.9.9"].join("\r\n");
      const { status } = await ask(device(phone), { head });
      assert.equal(status, 200);
      const { headers = {} } = backend.requests.at(-1) ?? {};
      assert.equal(headers["x-device-serial-number"], expected.serialNumber(phone.serialNumber));
      assert.equal(headers["x-forwarded-for"], "127.0.0.1");
      assert.equal(headers["x-forwarded-proto"], "https");
      assert.ok(!JSON.stringify(headers).includes("root"), JSON.stringify(headers));
    });

    test("nobody else gets in, and no other name leads anywhere", async () => {
      const asked = backend.requests.length;
      const foreign = await startTestAuthority({ domains: [] });
      const stranger = await issueDevice(foreign.connection, "stranger");
      await foreign.stop();
      for (const identity of [undefined, stranger]) assert.notEqual((await ask(device(identity))).status, 200);
      const phone = await issueDevice(authority.connection, `curious ${kind}`);
      assert.notEqual((await ask(device(phone), { head: "GET / HTTP/1.1\r\nHost: elsewhere.example" })).status, 200);
      assert.equal(backend.requests.length, asked);
    });

    test("a phone of an adopted CA gets in, and is refused once it is revoked, though nobody had listed it", async () => {
      const serial = Buffer.from(kind).toString("hex");
      const phone = await old.phone(`old ${kind}`, `0x${serial}`);
      assert.equal((await ask(device(phone))).status, 200);
      const value = `authorities/adopted-1/certificates/${serial}`;
      const selector = { selected: { $case: "name" as const, value } };
      await call(authority.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
      await until(async () => (await ask(device(phone))).status !== 200, "it gets in still", 20_000);
    });

    test("a revoked phone is refused, fresh and resumed, and what it has open is cut", async (t) => {
      const lost = await issueDevice(authority.connection, `lost ${kind}`);
      const other = await issueDevice(authority.connection, `other ${kind}`);
      const { session } = await ask(device(lost));
      const socket = await openSocket(device(lost));
      t.after(() => socket.close());
      assert.equal(await socket.echo("hello"), "hello");
      const before = said("command.done").length;
      const started = performance.now();
      const tell = (what: string) => t.diagnostic(`${what} ${Math.round(performance.now() - started)} ms after the revocation began`);
      await changeAndWait(authority.connection, "revokeCertificate", `lost ${kind}`, 0);
      await until(() => said("command.done").length > before, "the command is not run", 20_000);
      assert.match(said("command.done").at(-1) ?? "", /"revokes":true/);
      await until(async () => (await ask(device(lost))).status !== 200, "it gets in still", 20_000);
      tell("refused");
      for (let tries = 0; tries < 5; tries += 1) {
        assert.notEqual((await ask(device(lost))).status, 200);
        if (session !== undefined) assert.notEqual((await ask(device(lost), { session })).status, 200);
      }
      await until(() => !socket.isOpen, "its WebSocket stays open", 20_000);
      tell("cut");
      await until(async () => (await ask(device(other))).status === 200, "the others are refused as well", 20_000);
    });

    test(`with a CRL that has expired ${expected.minds ? "everybody is refused" : "nothing changes"}`, async () => {
      const phone = await issueDevice(authority.connection, `late ${kind}`);
      await door.stop();
      await door.start(clockOff("+40d"));
      if (!expected.minds) return await until(async () => (await ask(device(phone))).status === 200, "it refuses a good phone", 20_000);
      await until(async () => !(await ask(device(phone))).body.includes("ECONNREFUSED"), "it does not start", 20_000);
      const answer = await ask(device(phone));
      assert.notEqual(answer.status, 200);
      // Its word for it (RFC 8446 §6.2), and no reason of another kind.
      assert.match(answer.body, /certificate/i);
    });
  });
}
