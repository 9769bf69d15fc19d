import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Folder, openFolder } from "../../../clients/nginx/folder.js";
import { Problem } from "../../../clients/nginx/problem.js";

/** Two sets, the second one in place. */
async function twoSets(t: TestContext): Promise<{ folder: Folder; generations: string }> {
  const path = await mkdtemp(join(tmpdir(), "latchkey-folder-"));
  t.after(() => rm(path, { recursive: true }));
  const folder = await openFolder(path);
  for (const text of ["one", "two"]) await folder.replace({ "devices-crl.pem": text });
  return { folder, generations: join(path, "generations") };
}

test("the set before comes back, the newest one again, and what is settled is alone", async (t) => {
  const { folder, generations } = await twoSets(t);
  assert.equal(await folder.rollBack(), true);
  assert.equal(await folder.read("devices-crl.pem"), "one");
  assert.equal(await folder.rollBack(), false);
  await folder.rollForward();
  assert.equal(await folder.read("devices-crl.pem"), "two");
  await folder.settle();
  assert.deepEqual(await readdir(generations), ["2"]);
});

test("what the disk says in the middle of the work is a problem that is told and tried again, never the hook's end", async (t) => {
  const { folder, generations } = await twoSets(t);
  await rename(generations, `${generations}.away`);
  await writeFile(generations, "");
  const isProblem = (error: unknown) => error instanceof Problem && error.code === "WRITE_FAILED";
  await assert.rejects(folder.rollBack(), isProblem);
  await assert.rejects(folder.rollForward(), isProblem);
  await assert.rejects(folder.replace({ "devices-crl.pem": "three" }), isProblem);
  await folder.settle();
  await rm(generations);
  await rename(`${generations}.away`, generations);
  await folder.replace({ "devices-crl.pem": "three" });
  assert.equal(await folder.read("devices-crl.pem"), "three");
});

test("a set that could not be finished leaves nothing, and the one before in place", async (t) => {
  const { folder, generations } = await twoSets(t);
  // In the way of the link for a name that is new.
  await mkdir(join(folder.path, "server.crt"));
  await assert.rejects(folder.replace({ "devices-crl.pem": "three", "server.crt": "new" }), Problem);
  assert.equal(await folder.read("devices-crl.pem"), "two");
  assert.deepEqual((await readdir(generations)).toSorted(), ["1", "2"]);
});
