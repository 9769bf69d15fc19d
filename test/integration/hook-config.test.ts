import assert from "node:assert/strict";
import { test } from "node:test";
import { renderConfiguration } from "../../clients/nginx/configuration.js";
import { nginxVersion } from "../../clients/nginx/nginx-version.js";
import { auditSettings } from "../../clients/nginx/settings/audit.js";
import { createDoor } from "../support/door.js";
import { freePorts, nginxConfiguration } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";

for (const { name, command } of await nginxVersions()) {
  test(`${name}: the printed configuration is taken without a warning, leaves no hole, and the hook proves it`, async (t) => {
    const door = await createDoor(command);
    t.after(() => door.stop());
    const [listen = 0] = await freePorts(1);
    const statusPort = Number(new URL(door.statusUrl).port);
    const version = await nginxVersion(door.nginx.commands.nginx);
    const place = {
      version,
      dir: door.dir,
      doors: [{ serverNames: ["localhost"], backend: "http://127.0.0.1:9" }],
      listen: [String(listen), `[::]:${listen}`],
      statusPort,
    };
    const { main, http } = renderConfiguration(place);
    await door.nginx.configure(nginxConfiguration(door.nginx.folder, http, main));
    assert.equal((await door.once()).code, 0);
    await door.nginx.start();
    assert.doesNotMatch(await door.nginx.errorLog(), /\[(warn|emerg)\]/);
    assert.deepEqual(await auditSettings(await door.nginx.dump(), door.dir, { cutsItself: true }), []);
    const { code, stderr } = await door.once();
    assert.equal(code, 0, stderr);
  });
}
