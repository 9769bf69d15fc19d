import assert from "node:assert/strict";
import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Log } from "../../clients/nginx/events.js";
import { runOnce } from "../../clients/nginx/once.js";
import type { HookOptions } from "../../clients/nginx/options.js";
import { runHook } from "../../clients/nginx/run.js";
import { createDoor, type Door } from "../support/door.js";
import { nginxVersions } from "../support/nginx-versions.js";

let door: Door;
before(async () => {
  const [version] = await nginxVersions();
  door = await createDoor(version?.command ?? "");
  await door.configure();
  await door.once();
  await door.nginx.start();
});
after(() => door.stop());

const silent: Log = () => {};
function options(more: Partial<HookOptions> = {}): HookOptions {
  const { dir, statusUrl } = door;
  const commands = { ...door.nginx.commands, statusUrl };
  return { credential: join(door.nginx.folder, "credential"), dir, commands, serverNames: ["localhost"], ...more };
}

/** The folder is free for another hook. */
const assertUnlocked = () => assert.rejects(access(join(door.dir, ".lock")), { code: "ENOENT" });

test("`once` gives the folder back when there is no credential", async () => {
  await assert.rejects(runOnce(options({ credential: join(door.nginx.folder, "nothing") }), silent));
  await assertUnlocked();
});

test("an error that nobody foresaw ends the hook, and is not taken for a certificate that the CA refuses", async () => {
  const faulty: Log = (event) => {
    if (event === "server_certificate.installed") throw new TypeError("a mistake");
  };
  await rm(join(door.dir, "current", "server.crt"));
  await assert.rejects(runHook(options(), faulty, AbortSignal.timeout(50_000)), new TypeError("a mistake"));
  await assertUnlocked();
});
