import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
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
  await writeFile(`${lock}.999999999`, "999999999\n");
  await (await lockFolder(folder))();
  assert.deepEqual(await readdir(folder), []);
  await writeFile(lock, "");
  await (await lockFolder(folder))();
  await mkdir(lock);
  await assert.rejects(lockFolder(folder), (error) => error instanceof HostError && error.message.startsWith(lock));
});

test("a lock of before a reboot counts for nothing, whoever has its number now; that of a running one does, however it was made", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-lock-"));
  const other = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
  t.after(async () => {
    other.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });
  const lock = join(folder, ".lock");
  const unlock = await lockFolder(folder);
  const [, ticks = "", boot = ""] = (await readFile(lock, "utf8")).trim().split("/");
  await unlock();
  assert.deepEqual(await readdir(folder), []);
  for (const stale of [`${other.pid}/${Number(ticks) - 1}/${boot}`, `${other.pid}/${ticks}/7d0ea7a4-0000-4000-8000-000000000000`]) {
    await writeFile(lock, `${stale}\n`);
    await (await lockFolder(folder))();
  }
  await writeFile(lock, `${other.pid}\n`);
  await assert.rejects(lockFolder(folder), /in use by process/);
  assert.deepEqual(await readdir(folder), [".lock"]);
});

test("of many that come at once, one has the folder", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-lock-"));
  t.after(() => rm(folder, { recursive: true }));
  const module = new URL("../../../clients/nginx/lock.js", import.meta.url).href;
  const program = `await (await import(${JSON.stringify(module)})).lockFolder(process.argv[1]); console.log("mine"); process.stdin.resume();`;
  const children = Array.from({ length: 6 }, () => spawn(process.execPath, ["--input-type=module", "-e", program, folder]));
  t.after(() => children.map((child) => child.kill("SIGKILL")));
  const said = await Promise.all(
    children.map(async (child) => {
      const mine = once(child.stdout, "data").then(() => "mine");
      const ended = once(child, "exit").then(() => "refused");
      return await Promise.race([mine, ended]);
    }),
  );
  assert.deepEqual(said.toSorted(), ["mine", "refused", "refused", "refused", "refused", "refused"]);
});
