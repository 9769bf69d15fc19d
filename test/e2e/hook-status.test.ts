import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { statusLocation } from "../../clients/nginx/status-location.js";
import { createNginx, nginxConfiguration } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";

/** A host of its own, as a network namespace, with addresses that are not loopback. Needs root. Without it: sudo npm test */
const HOST = `latchkey-status-${process.pid}`;
const NUMBER = 1_795_460_400_123n;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-status-"));
  ip("netns", "add", HOST);
  ip("-n", HOST, "link", "set", "lo", "up");
  ip("-n", HOST, "addr", "add", "192.168.77.1/32", "dev", "lo");
  ip("-n", HOST, "addr", "add", "fd77::1/128", "dev", "lo");
});
after(async () => {
  spawnSync("ip", ["netns", "del", HOST]);
  await rm(folder, { recursive: true, force: true });
});

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}

/** The status that a client with this address gets, and the answer. */
function ask(client: string, url: string): Promise<string> {
  const args = ["netns", "exec", HOST, "curl", "-sg", "--max-time", "5", "--interface", client, "-w", "%{http_code}", url];
  return new Promise((resolve) => execFile("ip", args, (_error, stdout) => resolve(stdout)));
}

const CLIENTS = [
  { client: "127.0.0.1", url: "http://127.0.0.1:8481", isAnswered: true },
  { client: "::1", url: "http://[::1]:8481", isAnswered: true },
  { client: "192.168.77.1", url: "http://192.168.77.1:8481", isAnswered: false },
  { client: "fd77::1", url: "http://[fd77::1]:8481", isAnswered: false },
  // A socket for both families sees IPv4 clients as ::ffff:….
  { client: "127.0.0.1", url: "http://127.0.0.1:8482", isAnswered: true },
  { client: "192.168.77.1", url: "http://192.168.77.1:8482", isAnswered: false },
];

for (const { name, command } of await nginxVersions()) {
  test(`${name}: the CRL number is shown to this host alone, on whatever address the server listens`, async (t) => {
    const wrapper = join(folder, name);
    await writeFile(wrapper, `#!/bin/sh\nexec ip netns exec ${HOST} ${command} "$@"\n`);
    await chmod(wrapper, 0o755);
    const nginx = await createNginx(wrapper);
    t.after(() => nginx.remove());
    const server = `server { listen 8481; listen [::]:8481; listen [::]:8482 ipv6only=off; ${statusLocation(NUMBER)} }`;
    await nginx.configure(nginxConfiguration(nginx.folder, server));
    await nginx.start();
    for (const { client, url, isAnswered } of CLIENTS) {
      const answer = await ask(client, `${url}/latchkey-status`);
      if (isAnswered) assert.equal(answer, `${NUMBER}\n200`, `${client} at ${url}`);
      else assert.match(answer, /^(?!.*1795460400123).*403$/s, `${client} at ${url}`);
    }
  });
}
