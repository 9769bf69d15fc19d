import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { whyNot } from "../../clients/cli/enforcement.js";
import { type Connection, call, connect } from "../../clients/connect/connect.js";
import { Problem } from "../../clients/nginx/problem.js";
import { sendReport } from "../../clients/nginx/session.js";
import { watchCrl } from "../../clients/nginx/watch.js";
import { AwaitEnforcementRequest, ReportEnforcementRequest } from "../../generated/latchkey/v1/publication_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { createOperator, issueDevice } from "../support/operator.js";
import { changeAndWait, subscriberOf } from "../support/revocation.js";

const MEGABYTE = 1024 * 1024;

let world: TestAuthority;
let hook: Connection;
before(async () => {
  world = await startTestAuthority();
  hook = connect(await createOperator(world, "door", "nginx", ["localhost"]));
  const registered = new AbortController();
  await watchCrl(hook, undefined, () => registered.abort(), registered.signal);
});
after(async () => {
  hook.close();
  await world.stop();
});

const forgetful = (octets: number) => {
  const { code, message } = new Problem("CRL_FORGETS_REVOCATIONS", "Missing: 0123.");
  return ReportEnforcementRequest.create({ crlNumber: "1", problem: code, problemDetail: message, heldCrl: randomBytes(octets) });
};

test("a CRL that the CA can take in is offered with the report", async () => {
  await sendReport(hook, forgetful(7 * MEGABYTE), "/etc/nginx/latchkey");
  const subscriber = await subscriberOf(world.connection);
  assert.deepEqual([subscriber?.problem, subscriber?.offersHeldCrl], ["CRL_FORGETS_REVOCATIONS", true]);
});

test("with one that is too large the CA hears of the forgotten revocations all the same, and why the CRL is not offered", async () => {
  await sendReport(hook, forgetful(9 * MEGABYTE), "/etc/nginx/latchkey");
  const subscriber = await subscriberOf(world.connection);
  assert.deepEqual([subscriber?.problem, subscriber?.offersHeldCrl], ["CRL_FORGETS_REVOCATIONS", false]);
  assert.match(
    subscriber?.problemDetail ?? "",
    /Missing: 0123\. The CRL held \(9\.4 MB, \/etc\/nginx\/latchkey\/devices-crl\.pem\) is too large to be offered to the CA/,
  );
});

test("a warning is kept and shown, and holds up no revocation", async () => {
  const { crlNumber } = await newestCrl();
  const warnings = [{ code: "SERVER_CERTIFICATE_REFUSED", message: "nginx has no certificate of its own." }];
  await sendReport(hook, ReportEnforcementRequest.create({ crlNumber, warnings }), "/etc/nginx/latchkey");
  assert.deepEqual((await subscriberOf(world.connection))?.warnings, warnings);
  const { pending } = await call(world.connection.publication, "awaitEnforcement", AwaitEnforcementRequest.create({ crlNumber }));
  assert.deepEqual(pending, []);
  await world.restart();
  assert.deepEqual((await subscriberOf(world.connection))?.warnings, warnings, "over a restart, too");
});

test("whom a revocation waits for is named with its own problem and its remedy, not with silence", async () => {
  const connection = connect({ ...(await createOperator(world, "leaky", "nginx", ["localhost"])) });
  const ended = new AbortController();
  let watching: Promise<unknown> | undefined;
  await new Promise<void>((registered) => {
    watching = watchCrl(connection, undefined, () => registered(), ended.signal);
  });
  const why = async () => whyNot(await subscriberOf(world.connection, "leaky"), "2");
  assert.match(await why(), /^it has not reported CRL 2 yet/);
  const problem = { problem: "NGINX_SETTINGS_LEAVE_A_HOLE", problemDetail: "ssl_session_cache is shared: mend it." };
  await sendReport(connection, ReportEnforcementRequest.create(problem), "/");
  assert.equal(await why(), "NGINX_SETTINGS_LEAVE_A_HOLE: ssl_session_cache is shared: mend it.");
  ended.abort();
  await watching;
  const gone = /^it is not connected: .* It last reported NGINX_SETTINGS_LEAVE_A_HOLE: ssl_session_cache/;
  for (let tries = 0; tries < 100 && !gone.test(await why()); tries++) await sleep(20);
  assert.match(await why(), gone);
  connection.close();
});

test("a hook whose clock is off by years keeps nobody from seeing how the others are", async () => {
  const connection = connect(await createOperator(world, "wrong clock", "nginx", ["localhost"]));
  const registered = new AbortController();
  await watchCrl(connection, undefined, () => registered.abort(), registered.signal);
  const { crlNumber } = await newestCrl();
  for (const years of [20, -20]) {
    const clock = new Date(Date.now() + years * 365 * 86_400_000);
    await sendReport(connection, ReportEnforcementRequest.create({ crlNumber, clock }), "/");
    assert.equal(Math.sign((await subscriberOf(world.connection, "wrong clock"))?.clockSkewMillis ?? 0), Math.sign(years));
  }
  connection.close();
});

test("what a subscriber says of itself is kept within bounds", async () => {
  const warnings = Array.from({ length: 50 }, () => ({ code: "X".repeat(1_000), message: "y".repeat(10_000) }));
  const connection = connect({ ...(await createOperator(world, "talker", "nginx", ["localhost"])) });
  const registered = new AbortController();
  await watchCrl(connection, undefined, () => registered.abort(), registered.signal);
  await sendReport(connection, ReportEnforcementRequest.create({ warnings }), "/");
  connection.close();
  const kept = (await subscriberOf(world.connection, "talker"))?.warnings ?? [];
  assert.deepEqual([kept.length, kept[0]?.code.length, kept[0]?.message.length], [20, 64, 2_000]);
});

test("how far a hook is behind, since when, and how long its CRL lasts, is kept: over a restart of the CA, too", async () => {
  const credential = await createOperator(world, "lagging", "nginx", ["localhost"]);
  const lagging = connect(credential);
  const registered = new AbortController();
  await watchCrl(lagging, undefined, () => registered.abort(), registered.signal);
  const report = (fields: Partial<ReportEnforcementRequest>) => sendReport(lagging, ReportEnforcementRequest.create(fields), "/");
  const standing = async () => {
    const subscriber = await subscriberOf(world.connection, "lagging");
    assert.ok(subscriber !== undefined);
    return subscriber;
  };
  const nothing = await standing();
  assert.deepEqual(
    [nothing.crlsBehind, nothing.behindStartTime, nothing.enforcedNextUpdate, nothing.enforcedAfter],
    [0, undefined, undefined, undefined],
  );

  await issueDevice(world.connection, "first");
  const first = await changeAndWait(world.connection, "revokeCertificate", "first", 0);
  await report({ crlNumber: first.crlNumber });
  const well = await standing();
  assert.deepEqual([well.crlsBehind, well.behindStartTime, well.lastProblem], [0, undefined, ""]);
  assert.equal(well.enforcedAfter?.seconds, "0");
  assert.deepEqual(well.enforcedNextUpdate, (await devicesCrl()).nextUpdate);

  // A report that comes again says no less of how long the first took.
  await report({ crlNumber: first.crlNumber, problem: "NGINX_NOT_PROVED", problemDetail: "It was." });
  const asBefore = await standing();
  assert.deepEqual(asBefore.enforcedAfter, well.enforcedAfter);

  for (const name of ["second", "third"]) {
    await issueDevice(world.connection, name);
    await changeAndWait(world.connection, "revokeCertificate", name, 0);
  }
  const behind = await standing();
  assert.equal(behind.crlsBehind, 2);
  assert.ok((behind.behindStartTime ?? 0) >= (well.reportTime ?? 1), "from when the first CRL was signed that it lacks");
  assert.deepEqual(behind.enforcedNextUpdate, well.enforcedNextUpdate, "of the CRL that it enforces");
  await report({ crlNumber: first.crlNumber });
  lagging.close();

  await world.restart();
  const after = await standing();
  assert.ok(after.crlsBehind >= 1);
  assert.deepEqual(after.behindStartTime, behind.behindStartTime);
  assert.deepEqual([after.enforcedNextUpdate, after.enforcedAfter], [well.enforcedNextUpdate, well.enforcedAfter]);
  assert.deepEqual([after.problem, after.lastProblem, after.lastProblemDetail], ["", "NGINX_NOT_PROVED", "It was."]);
  assert.ok(after.lastProblemTime !== undefined);
  const { warnings } = await call(world.connection.operations, "getStatus", {});
  const away = warnings.find(({ code, message }) => code === "SUBSCRIBER_AWAY" && message.startsWith("lagging"))?.message ?? "";
  assert.ok(away.includes(`Its CRL ends ${well.enforcedNextUpdate?.toISOString()}`), away);
});

test("two hooks with one credential are told, one that connects again is not", async () => {
  const credential = await createOperator(world, "twin", "nginx", ["localhost"]);
  const warned = async () => {
    const { warnings } = await call(world.connection.operations, "getStatus", {});
    return warnings.filter(({ code }) => code === "CREDENTIAL_SHARED").map(({ message }) => message);
  };
  const report = async (connection: Connection) => sendReport(connection, ReportEnforcementRequest.create(await newestCrl()), "/");
  const one = connect(credential);
  const registered = new AbortController();
  await watchCrl(one, undefined, () => registered.abort(), registered.signal);
  await report(one);
  await report(one);
  one.close();
  const again = connect(credential);
  await report(again);
  assert.deepEqual(await warned(), []);
  // grpc-js shares a connection between channels with the same credentials object: another process has its own.
  const other = connect({ ...credential, folder: `${credential.folder}-copy` });
  await report(other);
  assert.deepEqual(await warned(), []);
  await report(again);
  const [told = "", ...more] = await warned();
  assert.match(told, /^twin is more than one hook: they report in turn, from 127\.0\.0\.1\./);
  assert.deepEqual(more, []);
  again.close();
  other.close();
});

async function devicesCrl() {
  const { authorities } = await call(world.connection.operations, "getStatus", {});
  const devices = authorities.find(({ authority }) => authority === "devices");
  assert.ok(devices !== undefined);
  return devices;
}

async function newestCrl(): Promise<{ crlNumber: string }> {
  return { crlNumber: (await devicesCrl()).crlNumber };
}
