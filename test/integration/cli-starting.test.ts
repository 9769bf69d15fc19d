import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";

const LATCHKEY = fileURLToPath(new URL("../../clients/cli/latchkey.js", import.meta.url));

/** A CA that holds its store, and has not yet written where it listens: as `serve` is for some seconds. */
let world: TestAuthority;
before(async () => {
  world = await startTestAuthority();
});
after(() => world.stop());

const list = () =>
  new Promise<{ code: unknown; stderr: string }>((resolve) =>
    execFile(process.execPath, [LATCHKEY, "list", "--data", world.data], (error, _stdout, stderr) =>
      resolve({ code: error?.code, stderr }),
    ),
  );

test("of a CA that is about to listen it is said that it starts, and not to start it", async () => {
  const { code, stderr } = await list();
  assert.equal(code, 3);
  assert.match(stderr, new RegExp(`is starting \\(process ${process.pid}\\): try again in a few seconds`));
});

test("of one that is gone, whatever it has left, it is said how to start it", async () => {
  const holder = join(world.data, "store.pid");
  await writeFile(holder, "4194999\n");
  assert.match((await list()).stderr, /is not running: start it with/);
  await rm(holder);
  await writeFile(join(world.data, "run.json"), "{");
  assert.match((await list()).stderr, /is not running: start it with/);
  await rm(join(world.data, "run.json"));
});
