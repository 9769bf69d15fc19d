import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Standing } from "../../clients/nginx/standing.js";
import { clockOff } from "../support/clock.js";
import { createDoor, type Door, HOOK } from "../support/door.js";
import { freePorts, until } from "../support/nginx.js";
import { issueDevice } from "../support/operator.js";
import { changeAndWait, subscriberOf } from "../support/revocation.js";
import type { Output } from "../support/serve.js";

let door: Door;
let monitor = "";
before(async () => {
  door = await createDoor("/usr/sbin/nginx");
  await door.configure();
  await door.refresh();
  await door.nginx.start();
  const [port = 0] = await freePorts(1);
  monitor = `127.0.0.1:${port}`;
  await door.startHook([...door.flags, "--monitor", monitor]);
});
after(() => door.stop());

const standing = async () => (await (await fetch(`http://${monitor}/status`)).json()) as Standing;
/** 0 while it is starting. */
const health = () =>
  fetch(`http://${monitor}/healthz`).then(
    ({ status }) => status,
    () => 0,
  );
const status = (...more: readonly string[]) =>
  new Promise<Output>((resolve) => {
    execFile(process.execPath, [HOOK, "status", ...more], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

/** Samples by name and labels, of a text that holds nothing else (Prometheus' text exposition format 0.0.4). */
async function metrics(): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`http://${monitor}/metrics`);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  const samples = new Map<string, number>();
  const described = new Set<string>();
  for (const line of text.trimEnd().split("\n")) {
    const [, kind, name = ""] = /^# (HELP|TYPE) ([a-z_]+) \S/.exec(line) ?? [];
    if (kind !== undefined) {
      described.add(`${kind} ${name}`);
      continue;
    }
    const [, sample = "", metric = "", value] = /^(([a-z_]+)(?:\{(?:code|event)="[A-Za-z_.]+"\})?) (\d+(?:\.\d+)?)$/.exec(line) ?? [];
    assert.ok(value !== undefined && described.has(`HELP ${metric}`) && described.has(`TYPE ${metric}`), line);
    assert.ok(!samples.has(sample), `${sample} stands there twice`);
    samples.set(sample, Number(value));
  }
  return samples;
}

test("a hook that is well says so at its own port, in each of its ways", async () => {
  await until(async () => (await health()) === 200 && (await standing()).ca.connected, "the hook is not well", 20_000);
  const now = await standing();
  assert.equal(now.ca.connected, true);
  assert.equal(now.crl?.number, now.enforcedCrlNumber);
  assert.ok(Date.parse(now.crl?.nextUpdate ?? "") > Date.now() && Date.parse(now.serverCertificateEndTime ?? "") > Date.now());
  const samples = await metrics();
  assert.equal(samples.get("latchkey_nginx_well"), 1);
  assert.equal(samples.get("latchkey_nginx_ca_connected"), 1);
  assert.equal(samples.get("latchkey_nginx_crl_enforced"), 1);
  assert.equal(samples.get("latchkey_nginx_crl_entries"), 0);
  assert.equal(samples.get("latchkey_nginx_crl_next_update_timestamp_seconds"), Date.parse(now.crl?.nextUpdate ?? "") / 1_000);
  const { code, stdout } = await status(monitor);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^nginx enforces CRL \d+\.\n {2}CA .*, connected\n {2}CRL .* with 0 entries/);
});

test("a revocation shows in the figures", async () => {
  await issueDevice(door.authority.connection, "lost phone");
  const { crlNumber } = await changeAndWait(door.authority.connection, "revokeCertificate", "lost phone");
  assert.equal((await standing()).enforcedCrlNumber, crlNumber);
  const samples = await metrics();
  assert.equal(samples.get("latchkey_nginx_crl_entries"), 1);
  assert.ok((samples.get('latchkey_nginx_events_total{event="crl.enforced"}') ?? 0) >= 1);
});

test("what stands in the way is told by its code: 503, and exit code 4", async () => {
  await door.nginx.stop();
  // A new CRL has it look at once.
  await issueDevice(door.authority.connection, "another phone");
  await changeAndWait(door.authority.connection, "revokeCertificate", "another phone", 0);
  await until(async () => (await health()) === 503, "the hook stays well without an nginx", 20_000);
  assert.equal((await standing()).problem?.code, "NGINX_NOT_RUNNING");
  assert.equal((await metrics()).get('latchkey_nginx_problem{code="NGINX_NOT_RUNNING"}'), 1);
  const { code, stdout } = await status(monitor);
  assert.equal(code, 4);
  assert.match(stdout, /NGINX_NOT_RUNNING/);
  assert.equal((await status(monitor, "--json")).code, 4);
  await door.nginx.start();
  await until(async () => (await health()) === 200, "the hook does not see nginx again", 30_000);
});

test("it takes nothing, and knows no other address", async () => {
  assert.equal((await fetch(`http://${monitor}/status`, { method: "POST", body: "x" })).status, 405);
  for (const path of ["/../../etc/passwd", "/status/..", "//status", "/"]) assert.equal(await statusOfPath(path), 404, path);
  const other = await status("127.0.0.1:1");
  assert.equal(other.code, 1);
  assert.match(other.stderr, /No hook answers at http:\/\/127\.0\.0\.1:1\/status: does it run, with --monitor/);
  assert.equal((await status("localhost:80")).code, 2);
  // Somebody else's port may answer in JSON, too.
  for (const body of ['{"status":"ok"}', "null", "[]", '{"isWell":true}']) {
    const foreign = createServer((_request, response) => response.end(body)).listen(0, "127.0.0.1");
    await once(foreign, "listening");
    const { code, stderr } = await status(`127.0.0.1:${(foreign.address() as AddressInfo).port}`);
    foreign.close();
    assert.deepEqual([code, /No hook answers at/.test(stderr)], [1, true], stderr);
  }
});

test("a hook that can't have its other port ends, and holds nothing: whoever starts it again can", async () => {
  await door.stopHook();
  const taken = createSocket("udp4");
  taken.bind(0, "127.0.0.1");
  await once(taken, "listening");
  const run = [HOOK, "run", ...door.flags, "--monitor", monitor, "--seen", `127.0.0.1:${taken.address().port}`];
  const ended = await new Promise<Output>((resolve) => {
    execFile(process.execPath, run, { timeout: 20_000, killSignal: "SIGKILL" }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code), stdout, stderr }),
    );
  });
  taken.close();
  assert.equal(ended.code, 1, ended.stderr);
  assert.match(ended.stderr, /--seen can't listen on/);
});

test("over half of the CRL's life it warns, of the CA's silence too; well it is no more", async () => {
  door.log.length = 0;
  await door.startHook([...door.flags, "--monitor", monitor], clockOff("+16d"));
  await until(async () => (await subscriberOf(door.authority.connection))?.warnings.length === 1, "the CA hears of no warning", 20_000);
  const [warning] = (await subscriberOf(door.authority.connection))?.warnings ?? [];
  assert.equal(warning?.code, "CRL_STALE");
  assert.match(warning?.message ?? "", /It ends in 13 days .* nginx refuses everybody/);
  assert.equal(await health(), 503);
  assert.equal((await metrics()).get('latchkey_nginx_warning{code="CRL_STALE"}'), 1);
  await door.authority.ca.close();
  await until(() => door.log.some((line) => line.includes('"event":"crl.stale"')), "the journal hears nothing", 20_000);
  await until(async () => (await metrics()).get("latchkey_nginx_ca_connected") === 0, "it believes to be connected", 20_000);
  assert.match((await status(monitor)).stdout, /not connected, last heard of \d{4}-/);
});

test("while the CA is away it goes on looking after nginx", async () => {
  await door.nginx.stop();
  await until(async () => (await standing()).problem?.code === "NGINX_NOT_RUNNING", "it takes nginx for running", 70_000);
  await door.nginx.start();
  await until(async () => (await standing()).problem === undefined, "it does not see nginx again", 70_000);
});

/** Of the path as it stands: fetch would normalise it. */
function statusOfPath(path: string): Promise<number | undefined> {
  const [host = "", port = ""] = monitor.split(":");
  return new Promise((resolve, reject) => {
    get({ host, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once("error", reject);
  });
}
