import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";

/**
 * Two more hosts, as network namespaces: one on the LAN, one with a public address (TEST-NET-3) that is routed to us.
 * Needs root. Without it: sudo npm test
 */
const LAN = { name: `latchkey-lan-${process.pid}`, ours: "10.86.7.1", theirs: "10.86.7.2" };
const OUTSIDE = { name: `latchkey-out-${process.pid}`, ours: "203.0.113.1", theirs: "203.0.113.2" };

let world: TestAuthority;
let house: TestEnrollment;
let port: string;

before(async () => {
  for (const [at, { name, ours, theirs }] of [LAN, OUTSIDE].entries()) {
    const [here, there] = [`lk${process.pid % 10_000}h${at}`, `lk${process.pid % 10_000}t${at}`];
    ip("netns", "add", name);
    ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name);
    ip("addr", "add", `${ours}/30`, "dev", here);
    ip("link", "set", here, "up");
    ip("-n", name, "addr", "add", `${theirs}/30`, "dev", there);
    ip("-n", name, "link", "set", there, "up");
    ip("-n", name, "link", "set", "lo", "up");
  }
  world = await startTestAuthority();
  house = await startTestEnrollment(world, { listen: "0.0.0.0:0", lan: ["10.86.7.0/24"], names: [LAN.ours, OUTSIDE.ours] });
  port = house.service.address.split(":").at(-1) ?? "";
});
after(async () => {
  await house.stop();
  await world.stop();
  // A namespace takes its end of the pair with it, and that takes ours.
  for (const { name } of [LAN, OUTSIDE]) spawnSync("ip", ["netns", "del", name]);
});

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}

/** curl on another host. */
function curl(host: string, ...args: string[]): Promise<{ stdout: string; code: unknown }> {
  const all = ["netns", "exec", host, "curl", "-sk", "--max-time", "5", "-o", "/dev/null", "-w", "%{http_code}", ...args];
  return new Promise((resolve) => execFile("ip", all, (error, stdout) => resolve({ stdout, code: error?.code ?? 0 })));
}

test("a phone on the LAN is answered", async () => {
  const { stdout } = await curl(LAN.name, `https://${LAN.ours}:${port}/healthz`);
  assert.match(stdout, /^200$/);
});

/** What `latchkey audit` says of refusals at the enrolment page. */
async function refusals(): Promise<string> {
  const latchkey = fileURLToPath(new URL("../../clients/cli/latchkey.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [latchkey, "audit", "--credential", world.ca.operatorFolder]);
  return stdout
    .split("\n")
    .filter((line) => line.includes("enrollment.refused"))
    .join("\n");
}

test("a host outside the LAN gets no TLS handshake at all, and leaves an entry in the log and in the audit log", async () => {
  const { stdout, code } = await curl(OUTSIDE.name, `https://${OUTSIDE.ours}:${port}/healthz`);
  // 35: the connection ended in the handshake.
  assert.deepEqual([stdout, code], ["000", 35]);
  assert.ok(house.log.some((line) => line.includes("NOT_ON_LAN") && line.includes(OUTSIDE.theirs)));
  // Counts are gathered for some seconds.
  for (let tries = 0; tries < 40 && (await refusals()) === ""; tries++) await delay(500);
  assert.match(await refusals(), new RegExp(`operator:enrollment\\S* .*total=1 .*NOT_ON_LAN ${OUTSIDE.theirs.replaceAll(".", "\\.")} 1`));
});

test("a stranger's X-Forwarded-For counts for nothing, and a phone's Host must be one of ours", async () => {
  assert.match((await curl(OUTSIDE.name, "-H", "X-Forwarded-For: 10.86.7.2", `https://${OUTSIDE.ours}:${port}/healthz`)).stdout, /^000$/);
  assert.match((await curl(LAN.name, "-H", "Host: evil.example", `https://${LAN.ours}:${port}/healthz`)).stdout, /^421$/);
});
