import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Connection, call, connect } from "../../clients/connect/connect.js";
import { type Credential, readCredential, writeCredential } from "../../clients/connect/credential.js";
import {
  BatchIssueCertificatesRequest,
  IssueCertificateRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import {
  AwaitEnforcementRequest,
  ReportEnforcementRequest,
  WatchCrlRequest,
  type WatchCrlResponse,
} from "../../generated/latchkey/v1/publication_service.js";
import { until } from "../support/nginx.js";
import { createOperator, issueDevice } from "../support/operator.js";
import { createTestRequest } from "../support/request.js";
import { startServe, type TestServe } from "../support/serve.js";

/** One CA, a hundred hooks: what a fleet's CA has to do when a phone is lost. Two of the hooks are not what they should be. */

const LIVE = 98;
/** Enough for a CRL that no socket's buffer holds: a hook that reads nothing is felt. */
const REVOKED_BEFORE = 3_000;
const WATCH_ONCE = fileURLToPath(new URL("../support/watch-once.js", import.meta.url));
const WATCH_NOTHING = fileURLToPath(new URL("../support/watch-nothing.js", import.meta.url));

let house: TestServe;
let admin: Connection;
let world: { admin: Credential; connection: Connection; folder: string };
const hooks: { readonly connection: Connection; stop(): void }[] = [];
const processes: ChildProcess[] = [];

before(async () => {
  house = await startServe();
  const credential = { ...(await readCredential(join(house.data, "operator"))), address: house.run.grpc };
  admin = connect(credential);
  world = { admin: credential, connection: admin, folder: house.folder };
  await revokeCrowd();
  for (let at = 0; at < LIVE; at++) hooks.push(startHook(await createOperator(world, `hook-${at}`, "nginx")));
  await subscribeByProcess("gone", WATCH_ONCE);
  await subscribeByProcess("stuck", WATCH_NOTHING);
});
after(async () => {
  for (const child of processes) child.kill("SIGKILL");
  for (const { connection, stop } of hooks) {
    stop();
    connection.close();
  }
  admin.close();
  await house.end("SIGTERM");
  await house.remove();
});

const byName = (deviceName: string) => ({ selected: { $case: "deviceName" as const, value: deviceName } });
const revoke = (deviceName: string) =>
  call(admin.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector: byName(deviceName) }));

/** Certificates of one owner, all revoked in one call. */
async function revokeCrowd(): Promise<void> {
  const { csr } = await createTestRequest();
  const batch = admin.certificates.batchIssueCertificates({ deadline: Date.now() + 120_000 });
  const issued = (async () => {
    for await (const _answer of batch as AsyncIterable<unknown>);
  })();
  for (let at = 0; at < REVOKED_BEFORE; at++) {
    const request = IssueCertificateRequest.create({ csr: Buffer.from(csr), deviceName: `old ${at}`, owner: "Crowd", requestId: `${at}` });
    if (!batch.write(BatchIssueCertificatesRequest.create({ request }))) await new Promise<void>((resolve) => batch.once("drain", resolve));
  }
  batch.end();
  await issued;
  const selector = { selected: { $case: "owner" as const, value: "Crowd" } };
  await call(admin.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }), { deadlineMillis: 60_000 });
}

/** Takes each CRL in and reports it as enforced, as a hook does whose nginx is quick. */
function startHook(credential: Credential): { connection: Connection; stop(): void } {
  const connection = connect(credential);
  const stream = connection.publication.watchCrl(WatchCrlRequest.create({ authority: "devices" }));
  let crlNumber = "";
  let left = 0;
  void (async () => {
    for await (const { frame } of stream as AsyncIterable<WatchCrlResponse>) {
      const part = frame?.frame;
      if (part?.$case === "header") {
        crlNumber = part.value.crlNumber;
        left = Number(part.value.sizeOctets);
      }
      if (part?.$case === "chunk") left -= part.value.length;
      if (part?.$case === "chunk" && left === 0)
        await call(
          connection.publication,
          "reportEnforcement",
          ReportEnforcementRequest.create({ crlNumber, relyingParty: "nginx/1.22.1" }),
        );
    }
  })().catch(() => {
    // The test is over.
  });
  return { connection, stop: () => stream.cancel() };
}

/** A hook in a process of its own, that has subscribed when this resolves. */
async function subscribeByProcess(name: string, program: string): Promise<void> {
  const credential = await createOperator(world, name, "nginx");
  await writeCredential(credential);
  const child = spawn(process.execPath, [program, credential.folder], { stdio: ["ignore", "pipe", "inherit"] });
  processes.push(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("error", reject);
  });
}

test("of a hundred hooks those that work enforce a revocation within the wait, and those that do not are named", async (t) => {
  await issueDevice(admin, "Lost");
  const { code, stdout } = await house.latchkey("revoke", "Lost", "--wait", "10s", "--json");
  assert.equal(code, 4);
  const { enforcedBy, pending, problems } = JSON.parse(stdout) as {
    enforcedBy: { subscriber: string; afterMillis: number }[];
    pending: string[];
    problems: { subscriber: string; connected: boolean }[];
  };
  assert.deepEqual(pending.toSorted(), ["gone", "stuck"]);
  assert.equal(enforcedBy.length, LIVE);
  assert.deepEqual(problems.map(({ subscriber, connected }) => [subscriber, connected]).toSorted(), [
    ["gone", false],
    ["stuck", true],
  ]);
  const slowest = Math.max(...enforcedBy.map(({ afterMillis }) => afterMillis));
  t.diagnostic(`the slowest of ${LIVE}: ${slowest} ms, with a CRL of ${REVOKED_BEFORE + 1} entries`);
});

test("a burst of revocations reaches every working hook, and the last CRL is all that anybody needs", async () => {
  for (let at = 0; at < 10; at++) await issueDevice(admin, `Burst ${at}`);
  await Promise.all(Array.from({ length: 10 }, (_, at) => revoke(`Burst ${at}`)));
  const { crlNumber } = await revoke("Burst 0");
  const pendingNow = async () =>
    (await call(admin.publication, "awaitEnforcement", AwaitEnforcementRequest.create({ crlNumber }))).pending.toSorted();
  await until(async () => (await pendingNow()).length === 2, "a hook that works has not reported");
  assert.deepEqual(await pendingNow(), ["gone", "stuck"]);
});

test("without the two that do not work it is done, and said so", async () => {
  for (const name of ["gone", "stuck"]) await revoke(name);
  await issueDevice(admin, "Next");
  const { code, stdout } = await house.latchkey("revoke", "Next", "--wait", "10s", "--json");
  assert.equal(code, 0);
  assert.equal((JSON.parse(stdout) as { enforcedBy: unknown[] }).enforcedBy.length, LIVE);
});
