import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { ask, type Device } from "../support/device.js";
import { createDoor } from "../support/door.js";
import { until } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { issueDevice } from "../support/operator.js";
import { changeAndWait } from "../support/revocation.js";

const KNOCKS = 40;

/** How often the phone is let in, of many connections: two masters share the sockets, and either may answer. */
async function timesLetIn(phone: Device): Promise<number> {
  let count = 0;
  for (let knock = 0; knock < KNOCKS; knock += 1) if ((await ask(phone)).status === 200) count += 1;
  return count;
}

test("while an upgrade of nginx's program leaves the old master serving, nothing is called enforced; when it is gone, it is", async (t) => {
  const [version] = await nginxVersions();
  const door = await createDoor(version?.command ?? "");
  t.after(() => door.stop());
  await door.configure();
  assert.equal((await door.once()).code, 0);
  await door.nginx.start();
  const { anchors } = await call(door.authority.connection.publication, "getTrustBundle", {});
  const ca = anchors.find(({ authority }) => authority === "servers")?.certificate ?? "";
  const lost: Device = { port: door.port, ca, identity: await issueDevice(door.authority.connection, "lost phone") };

  const oldMaster = await door.nginx.pid();
  t.after(() => end(oldMaster));
  process.kill(oldMaster, "SIGUSR2");
  const pidOf = async (name: string) => Number(await readFile(`${door.nginx.folder}/${name}`, "utf8").catch(() => ""));
  await until(async () => (await pidOf("nginx.pid.oldbin")) === oldMaster && (await pidOf("nginx.pid")) > 0, "no second master");

  await changeAndWait(door.authority.connection, "revokeCertificate", "lost phone", 0);
  const { code, stderr } = await door.once();
  assert.ok((await timesLetIn(lost)) > 0, "the old master lets in nobody: this test shows nothing");
  assert.equal(code, 4, stderr);
  assert.match(stderr, new RegExp(`NGINX_OLD_WORKERS_REMAIN: .*kill -QUIT ${oldMaster}\\b`));

  end(oldMaster);
  await until(async () => (await pidOf("nginx.pid.oldbin")) === 0, "the old master does not end");
  const after = await door.once();
  assert.equal(after.code, 0, after.stderr);
  assert.equal(await timesLetIn(lost), 0);
});

function end(master: number): void {
  try {
    process.kill(master, "SIGQUIT");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
