import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openLevelStore } from "../../services/ca/store/level.js";
import { firstBreak } from "../support/audit.js";

let disk: string;
before(async () => {
  disk = await mkdtemp(join(tmpdir(), "latchkey-full-"));
  // A disk of its own to fill: needs root. Without it: sudo npm test
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=32m", "latchkey-test", disk]);
});
after(async () => {
  execFileSync("umount", [disk]);
  await rm(disk, { recursive: true, force: true });
});

test("a full disk is said plainly, loses nothing that was answered, and ends when there is room again", async () => {
  const store = await openLevelStore(join(disk, "store"));
  const answered: string[] = [];
  const put = async (name: string) => {
    const audit = { time: new Date(), event: "authority.created", actor: "system", fields: { name } } as const;
    await store.putDocument(name, randomBytes(100_000), audit);
    answered.push(name);
  };
  const ballast = join(disk, "ballast");
  await writeFile(ballast, Buffer.alloc(22_000_000));
  const fill = async () => {
    for (let at = 0; at < 200; at++) await put(`document ${at}`);
  };
  await assert.rejects(fill(), { code: "STORE_FULL" });
  await assert.rejects(
    Promise.all([put("one more"), put("and one")]),
    (error: { code?: string }) => error.code === "STORE_FULL" || error.code === "UNAVAILABLE",
  );
  await rm(ballast);
  await put("after");
  for (const name of answered) assert.equal((await store.getDocument(name))?.length, 100_000, name);
  const records = await store.auditRecords(0, 1_000);
  assert.equal(await firstBreak(records), undefined);
  for (const name of answered) assert.ok(records.some(({ fields }) => fields.name === name));
  await store.close();
});
