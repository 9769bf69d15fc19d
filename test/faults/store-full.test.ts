import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openLevelStore } from "../../services/ca/store/level.js";
import { firstBreak } from "../support/audit.js";
import { startServe } from "../support/serve.js";

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
  // To the last octet, as whatever else writes to the disk does.
  const rest = join(disk, "rest");
  await assert.rejects(writeFile(rest, Buffer.alloc(32_000_000)), { code: "ENOSPC" });
  for (let tries = 0; tries < 3; tries++) {
    await assert.rejects(put("still full"), { code: "STORE_FULL" });
    for (const name of answered) assert.equal((await store.getDocument(name))?.length, 100_000, `${name}, while the disk is full`);
  }
  await rm(rest);
  await rm(ballast);
  assert.equal((await store.getDocument(answered[0] ?? ""))?.length, 100_000);
  await put("after");
  for (const name of answered) assert.equal((await store.getDocument(name))?.length, 100_000, name);
  const records = await store.auditRecords(0, 1_000);
  assert.equal(await firstBreak(records), undefined);
  for (const name of answered) assert.ok(records.some(({ fields }) => fields.name === name));
  await store.close();
});

test("while the disk is full the owner sees why, and with room again everything works, without a new start", async () => {
  const house = await startServe([], { folder: await mkdtemp(join(disk, "house ")) });
  try {
    for (const name of ["Lost", "Kept"]) assert.equal((await house.latchkey("issue", name, "--bundle", `${name}.p12`, "--json")).code, 0);
    const ballast = join(disk, "ballast");
    await assert.rejects(writeFile(ballast, Buffer.alloc(32_000_000)), { code: "ENOSPC" });
    for (let tries = 0; tries < 3; tries++) {
      assert.match((await house.latchkey("revoke", "Lost", "--json")).stderr, /"code":"STORE_FULL"/);
      assert.equal((await house.latchkey("list", "--json")).code, 0);
      assert.equal((await house.latchkey("status", "--json")).code, 0);
    }
    await rm(ballast);
    const { stdout } = await house.latchkey("list", "--json", "--authority", "devices");
    assert.match(stdout, /"Lost"/);
    assert.equal((await house.latchkey("revoke", "Lost", "--json")).code, 0);
    assert.match((await house.latchkey("show", "Lost", "--json")).stdout, /"status":\s*"revoked"/);
  } finally {
    await house.end("SIGTERM");
    await house.remove();
  }
});
