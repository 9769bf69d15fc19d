import assert from "node:assert/strict";
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LATCHKEY } from "../support/transcript.js";

/**
 * A host in a house, and a phone: two network namespaces with a cable between them. The router gives the host another address
 * while the CA runs on it. Needs root. Without it: sudo npm test
 */
const HOST = `latchkey-host-${process.pid}`;
const PHONE = `latchkey-phone-${process.pid}`;
const CABLE = "eth-house";

const folder = mkdtempSync(join(tmpdir(), "latchkey-moving-"));
const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, HOME: folder, XDG_CONFIG_HOME: join(folder, "config") };
let serve: ChildProcess;
let output = "";

before(async () => {
  for (const name of [HOST, PHONE]) {
    ip("netns", "add", name);
    ip("-n", name, "link", "set", "lo", "up");
  }
  ip("-n", HOST, "link", "add", CABLE, "type", "veth", "peer", "name", CABLE, "netns", PHONE);
  ip("-n", HOST, "addr", "add", "10.87.7.5/24", "dev", CABLE);
  ip("-n", PHONE, "addr", "add", "10.87.7.200/24", "dev", CABLE);
  for (const name of [HOST, PHONE]) ip("-n", name, "link", "set", CABLE, "up");
  // Named, because this may be a container, where the LAN can't be told.
  const flags = ["--grpc", "127.0.0.1:8444", "--http", "127.0.0.1:8480", "--enroll", "0.0.0.0:8443", "--lan", "10.87.7.0/24"];
  serve = spawn("ip", ["netns", "exec", HOST, process.execPath, LATCHKEY, "serve", ...flags], { cwd: folder, env });
  for (const stream of [serve.stdout, serve.stderr]) stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await until(async () => existsSync(join(folder, "data", "run.json")), "the CA does not start");
  execFileSync("ip", ["netns", "exec", HOST, process.execPath, LATCHKEY, "ca", "servers", "--out", "root.pem"], {
    cwd: folder,
    env,
    stdio: "pipe",
  });
});
after(async () => {
  const gone = new Promise((resolve) => serve.once("exit", resolve));
  serve.kill("SIGTERM");
  await gone;
  for (const name of [HOST, PHONE]) spawnSync("ip", ["netns", "del", name]);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}

async function until(isSo: () => Promise<boolean>, otherwise: string): Promise<void> {
  for (let waited = 0; !(await isSo()); waited++) {
    if (waited === 300) throw new Error(`${otherwise}:\n${output}`);
    await sleep(200);
  }
}

/** The link of a new invitation. */
function invite(deviceName: string): URL {
  const args = ["netns", "exec", HOST, process.execPath, LATCHKEY, "invite", deviceName, "--json"];
  return new URL((JSON.parse(execFileSync("ip", args, { cwd: folder, env, encoding: "utf8" })) as { url: string }).url);
}

/** The phone opens a link, and believes the house's root alone; answers the status, or `000` where TLS fails. */
function open(url: URL): Promise<string> {
  const args = ["-s", "--cacert", join(folder, "root.pem"), "--max-time", "5", "-o", "/dev/null", "-w", "%{http_code}", url.href];
  return new Promise((resolve) => execFile("ip", ["netns", "exec", PHONE, "curl", ...args], (_error, stdout) => resolve(stdout)));
}

test("an invitation's link leads to this host's address in the house, and follows it when the router gives it another", async () => {
  const first = invite("First phone");
  assert.equal(first.host, "10.87.7.5:8443");
  assert.equal(await open(first), "200");

  ip("-n", HOST, "addr", "del", "10.87.7.5/24", "dev", CABLE);
  ip("-n", HOST, "addr", "add", "10.87.7.9/24", "dev", CABLE);
  const second = invite("Second phone");
  assert.equal(second.host, "10.87.7.9:8443");
  await until(async () => (await open(second)) === "200", "certificate and Host list do not follow");
  assert.equal(output.match(/"enrollment\.started"/g)?.length, 1, "without a new start of the service");
});
