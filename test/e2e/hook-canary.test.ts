import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import type { Identity } from "../../clients/nginx/canary/ask.js";
import { findDoors } from "../../clients/nginx/canary/doors.js";
import { canaryFiles } from "../../clients/nginx/canary/files.js";
import { keepSessions, tryDoors } from "../../clients/nginx/canary/proof.js";
import { RULE } from "../../clients/nginx/canary/rule.js";
import { toPem } from "../../clients/nginx/pem.js";
import type { Standing } from "../../clients/nginx/standing.js";
import { ListCertificatesRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { createDoor, type Door, type DoorSettings } from "../support/door.js";
import { freePorts, until } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { issueDevice } from "../support/operator.js";
import { askPort } from "../support/phone.js";
import { changeAndWait, subscriberOf } from "../support/revocation.js";

const CHECK = 'location = /latchkey-check { default_type text/plain; return 200 "This device is let in\\n"; }';
const WITH_RULE = `${RULE.join(" ")} ${CHECK}`;
const TICKETS = "ssl_session_cache none; ssl_session_tickets on;";

/** A house whose hook tries its door. */
async function startHouse(command: string, settings: DoorSettings = {}): Promise<Door & { flagsOfHook: readonly string[] }> {
  const door = await createDoor(command);
  const flagsOfHook = door.flags.filter((flag) => flag !== "--no-canary");
  await door.refresh();
  await door.configure({ more: WITH_RULE, sessions: TICKETS, ...settings });
  await door.nginx.start();
  await door.startHook(flagsOfHook);
  return Object.assign(door, { flagsOfHook });
}

const canariesOf = async ({ authority }: Door) =>
  (
    await call(
      authority.connection.certificates,
      "listCertificates",
      ListCertificatesRequest.create({ pageSize: 100, filter: 'profile = "canary"' }),
    )
  ).certificates;

/** Two canaries, one of them revoked, and the CRL that says so enforced. */
async function untilTried(door: Door): Promise<void> {
  await until(
    async () => {
      const canaries = await canariesOf(door);
      const subscriber = await subscriberOf(door.authority.connection);
      const statuses = canaries.map(({ status }) => status).toSorted();
      const newest = door.log.filter((line) => line.includes("crl.enforced")).at(-1) ?? "";
      return (
        statuses.includes("valid") &&
        statuses.includes("revoked") &&
        subscriber?.problem === "" &&
        newest.includes(subscriber.enforcedCrlNumber) &&
        door.log.filter((line) => line.includes("crl.enforced")).length > 1
      );
    },
    `no canaries: ${door.log.join("\n")}`,
  );
}

async function held(door: Door, name: "good" | "revoked"): Promise<Identity> {
  return (await canaryFiles(door.dir).read(name)) ?? assert.fail(`no ${name} canary`);
}

/** Each a way to the backend, or near the check location, that a canary must not have. */
const ELSEWHERE = [
  "/",
  "/api/",
  "/latchkey-check/",
  "/latchkey-check/..",
  "/Latchkey-Check",
  "/latchkey-check%0A",
  "/latchkey-check%00",
  "/latchkey-check;x",
  "/latchkey-check:CN=latchkey%20canary",
  "/x?/latchkey-check",
  "/x#/latchkey-check",
];

test("with keep-last-good the list's file comes before the rule, and the hook tries its door all the same", async (t) => {
  const door = await createDoor("nginx");
  t.after(() => door.stop());
  const { dir } = door;
  const flags = [...door.flags.filter((flag) => flag !== "--no-canary"), "--at-expiry", "keep-last-good"];
  await door.configure({
    http: `include ${dir}/latchkey-refused.conf;`,
    verification: `ssl_client_certificate ${dir}/devices-ca.pem; include ${dir}/latchkey-crl.conf; ssl_verify_client on;`,
    more: WITH_RULE,
    sessions: TICKETS,
  });
  assert.equal((await door.once(["--at-expiry", "keep-last-good"])).code, 0);
  await door.nginx.start();
  await door.startHook(flags);
  await untilTried(door);
  assert.deepEqual((await subscriberOf(door.authority.connection))?.warnings, []);
});

for (const { name, command } of await nginxVersions()) {
  test(`${name}: the hook tries its door with two canaries before it says enforced, and they open nothing else`, async (t) => {
    const door = await startHouse(command);
    t.after(() => door.stop());
    await untilTried(door);
    const good = await held(door, "good");
    const revoked = await held(door, "revoked");
    assert.equal(statSync(join(door.dir, "canary")).mode & 0o777, 0o700);
    for (const file of ["good.pem", "revoked.pem"]) assert.equal(statSync(join(door.dir, "canary", file)).mode & 0o777, 0o600);

    const check = await askPort(door.port, "/latchkey-check", { identity: good });
    assert.deepEqual([check.status, check.text], [200, "This device is let in\n"]);
    for (const path of ["/latchkey-check?x", "//latchkey-check", "/latchkey%2Dcheck"])
      assert.equal((await askPort(door.port, path, { identity: good })).status, 200, path);
    assert.equal((await askPort(door.port, "/latchkey-check", { identity: revoked })).status, 400);
    for (const path of ELSEWHERE) {
      const { status, text } = await askPort(door.port, path, { identity: good });
      assert.ok([400, 403].includes(status) && !text.includes("home"), `${path}: ${status} ${text}`);
    }
    assert.equal((await askPort(door.port, "/", { identity: good, method: "POST", headers: { Upgrade: "websocket" } })).status, 403);
    assert.deepEqual(door.backend.requests, []);

    const device = await issueDevice(door.authority.connection, "latchkey canary 2");
    assert.match((await askPort(door.port, "/", { identity: device })).text, /home/);
    const { pending } = await changeAndWait(door.authority.connection, "revokeCertificate", "latchkey canary 2");
    assert.deepEqual(pending, []);
    assert.deepEqual((await subscriberOf(door.authority.connection))?.warnings, []);
  });

  test(`${name}: a door that does not use the CRL, and sessions that outlive a reload, are found by trying`, async (t) => {
    const door = await startHouse(command);
    t.after(() => door.stop());
    await untilTried(door);
    await door.stopHook();
    const [good, revoked] = [await held(door, "good"), await held(door, "revoked")];
    const doors = async () => (await findDoors(await door.nginx.dump(), door.dir)).addresses;
    const attempt = async (more = {}) => await tryDoors({ doors: await doors(), good, revoked, ofGood: [], ofRevoked: [], ...more });
    const reload = async (settings: DoorSettings) => {
      const master = await door.nginx.pid();
      const workers = () => readFileSync(`/proc/${master}/task/${master}/children`, "utf8").split(" ").filter(Boolean);
      const before = new Set(workers());
      await door.configure({ more: WITH_RULE, ...settings });
      await door.nginx.reload();
      const areNew = () => workers().length > 0 && workers().every((pid) => !before.has(pid));
      await until(areNew, "nginx does not reload");
    };
    assert.deepEqual(await attempt(), []);
    // Before a revocation that nginx hears of: with a shared cache, and tickets where they live as long.
    const shared = "ssl_session_cache shared:house:1m; ssl_session_tickets on;";
    const withoutCrl = `ssl_client_certificate ${door.dir}/devices-ca.pem; ssl_verify_client on;`;
    await reload({ verification: withoutCrl, sessions: shared });
    await assert.rejects(attempt(), { code: "CANARY_LET_IN" });
    const ofRevoked = await keepSessions(await doors(), revoked);
    const ofGood = await keepSessions(await doors(), good);
    assert.ok(ofRevoked.length === 2 && ofGood.length === 2, "a session of each version of TLS");
    await reload({ sessions: shared });
    if (name === "debian-12") {
      assert.deepEqual(await attempt({ ofRevoked, ofGood }), [], "ticket keys are new at every reload");
      return;
    }
    await assert.rejects(attempt({ ofRevoked }), { code: "CANARY_LET_IN", message: /when it resumes a TLS session/ });
    await assert.rejects(attempt({ ofGood }), { code: "SESSION_OUTLIVES_RELOAD" });
  });
}

test("an older configuration goes on working, and is told what to add; one that loses the rule has its canaries revoked", async (t) => {
  const [version] = await nginxVersions();
  const door = await startHouse(version?.command ?? "", { more: "" });
  t.after(() => door.stop());
  const { connection } = door.authority;
  const warningOf = async () => (await subscriberOf(connection))?.warnings[0];
  await until(async () => (await warningOf())?.code === "CANARY_RULE_MISSING", "no warning");
  assert.match(
    (await warningOf())?.message ?? "",
    /Write in server localhost \(.*\), before any rewrite, if or break: set \$latchkey_canary/,
  );
  assert.equal((await subscriberOf(connection))?.problem, "");
  await issueDevice(connection, "phone");
  assert.deepEqual((await changeAndWait(connection, "revokeCertificate", "phone")).pending, []);
  assert.deepEqual(await canariesOf(door), []);

  await door.stopHook();
  await door.configure({ more: WITH_RULE });
  await door.nginx.reload();
  await door.startHook(door.flagsOfHook);
  await untilTried(door);
  await door.stopHook();
  // Something stands before the rule, which ends what the server does before it looks for a location.
  await door.configure({ more: `rewrite ^/old /new last; ${WITH_RULE}` });
  await door.nginx.reload();
  await door.startHook(door.flagsOfHook);
  await until(async () => (await canariesOf(door)).every(({ status }) => status === "revoked"), "a canary is left");
  await until(() => !existsSync(join(door.dir, "canary", "good.pem")), "its key is left");
  await until(async () => (await warningOf())?.code === "CANARY_RULE_MISSING", "no warning");
});

test("without canaries, and with the CA away, CRLs are enforced all the same, and it is said; a killed hook takes up where it was", async (t) => {
  const [version] = await nginxVersions();
  const door = await startHouse(version?.command ?? "", {});
  t.after(() => door.stop());
  // Killed between the two.
  await until(() => existsSync(join(door.dir, "canary", "good.pem")), "no canary");
  await door.stopHook("SIGKILL");
  await door.startHook(door.flagsOfHook);
  await untilTried(door);
  assert.ok((await canariesOf(door)).length <= 4);
  await door.stopHook();
  const good = join(door.dir, "canary", "good.pem");
  const whole = readFileSync(good, "utf8");
  writeFileSync(good, "half a canary");
  const { code, stdout, stderr } = await door.once();
  assert.deepEqual([code, /nginx enforces CRL/.test(stdout)], [0, true], stderr);
  writeFileSync(
    good,
    whole.replaceAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----\n/g, (_, body: string) => forged(body)),
  );
  const before = door.log.length;
  await door.authority.ca.close();
  const [port = 0] = await freePorts(1);
  await door.startHook(door.flagsOfHook.concat("--monitor", `127.0.0.1:${port}`));
  await until(
    () => door.log.slice(before).some((line) => line.includes("crl.enforced")),
    `not enforced: ${door.log.slice(before).join("\n")}`,
  );
  const standing = async () => (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as Standing;
  await until(async () => (await standing()).warnings[0]?.code === "CANARY_MISSING", "no warning");
  const { isWell, problem, enforcedCrlNumber } = await standing();
  assert.deepEqual([isWell, problem, enforcedCrlNumber !== undefined], [true, undefined, true]);
});

/** The same certificate with another signature. */
function forged(base64: string): string {
  const der = Buffer.from(base64, "base64");
  der.writeUInt8(der.readUInt8(der.length - 20) ^ 1, der.length - 20);
  return toPem("CERTIFICATE", der);
}
