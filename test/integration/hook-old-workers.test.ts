import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { servingNow, untilOldWorkersRetire, workersNow } from "../../clients/nginx/old-workers.js";
import { createNginx, freePorts, nginxConfiguration, until } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";

for (const { name, command } of await nginxVersions()) {
  test(`${name}: old workers that keep something open are waited for until they accept nothing more, and no longer`, async (t) => {
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
    // A request that does not end.
    const open = connect(port, "127.0.0.1");
    t.after(() => open.destroy());
    await once(open, "connect");
    open.write("GET / HTTP/1.1\r\nHost: x");
    const pidFile = join(nginx.folder, "nginx.pid");
    await until(async () => (await workersNow(pidFile))?.length === 2, "nginx has not its workers");
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
