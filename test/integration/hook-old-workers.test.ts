import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { cutOldWorkers, servingNow, untilOldWorkersRetire, workersNow } from "../../clients/nginx/old-workers.js";
import { createNginx, freePorts, nginxConfiguration, type TestNginx, until } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";

/** An nginx with a request that does not end, on a socket that the test holds. */
async function startWithOpenRequest(t: TestContext, command: string): Promise<{ nginx: TestNginx; open: Socket; pidFile: string }> {
  const nginx = await createNginx(command);
  t.after(() => nginx.remove());
  const [port = 0] = await freePorts(1);
  await nginx.configure(
    nginxConfiguration(
      nginx.folder,
      `server { listen 127.0.0.1:${port}; client_header_timeout 60s; return 204; }`,
      "worker_shutdown_timeout 1d;",
    ),
  );
  await nginx.start();
  const open = connect(port, "127.0.0.1");
  t.after(() => open.destroy());
  await once(open, "connect");
  open.write("GET / HTTP/1.1\r\nHost: x");
  const pidFile = join(nginx.folder, "nginx.pid");
  await until(async () => (await workersNow(pidFile))?.length === 2, "nginx has not its workers");
  return { nginx, open, pidFile };
}

test("an old worker that is slow to go is ended all the same: it frees a long CRL for seconds", async (t) => {
  const { nginx, open, pidFile } = await startWithOpenRequest(t, "nginx");
  const closed = once(open, "close");
  open.on("error", () => {});
  const before = await workersNow(pidFile);
  await nginx.reload();
  await untilOldWorkersRetire(pidFile, before);
  const old = (await workersNow(pidFile))?.find(({ isShuttingDown }) => isShuttingDown);
  assert.ok(old !== undefined);
  process.kill(old.pid, "SIGSTOP");
  await cutOldWorkers({ pidFile, shutdownMillis: 86_400_000 }, before);
  await closed;
  await nginx.oldWorkersGone();
});

for (const { name, command } of await nginxVersions()) {
  test(`${name}: old workers that keep something open are waited for until they accept nothing more, and no longer`, async (t) => {
    const { nginx, pidFile } = await startWithOpenRequest(t, command);
    const before = await workersNow(pidFile);
    const serving = await servingNow(pidFile);
    assert.equal(await servingNow(pidFile), serving);
    await nginx.reload();
    await untilOldWorkersRetire(pidFile, before);
    const now = await servingNow(pidFile, before);
    assert.ok(serving !== undefined && now !== undefined && now !== serving);
    assert.equal(await servingNow(pidFile), now);
    const old = (await workersNow(pidFile))?.filter(({ pid }) => before?.some((one) => one.pid === pid));
    assert.deepEqual(
      old?.map(({ isShuttingDown }) => isShuttingDown),
      [true],
    );
  });
}
