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
import { createOperator } from "../support/operator.js";
import { subscriberOf } from "../support/revocation.js";

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

async function newestCrl(): Promise<{ crlNumber: string }> {
  const { authorities } = await call(world.connection.operations, "getStatus", {});
  return { crlNumber: authorities.find(({ authority }) => authority === "devices")?.crlNumber ?? "" };
}
