import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { HostError } from "../../../clients/nginx/host-error.js";
import { lockFolder } from "../../../clients/nginx/lock.js";

test("a lock whose process is gone counts for nothing; one that can't be read is somebody's, and stays", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-lock-"));
  t.after(() => rm(folder, { recursive: true }));
  const lock = join(folder, ".lock");
  await writeFile(lock, "999999999\n");
  await (await lockFolder(folder))();
  await mkdir(lock);
  await assert.rejects(lockFolder(folder), (error) => error instanceof HostError && error.message.startsWith(lock));
});
