import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Level } from "level";
import { AUTHORITY_IDS, type CertificateRecord } from "../../services/ca/authority/types.js";
import { dump } from "../../services/ca/store/level/backup.js";
import { openLevelStore } from "../../services/ca/store/level.js";
import type { CertificateQuery, Store } from "../../services/ca/store/store.js";
import { certificate, entry, later, NOW } from "../support/store.js";
import { writeFormat1 } from "../support/store-format-1.js";

const DIE_WHILE_OPENING = fileURLToPath(new URL("../support/die-while-opening.js", import.meta.url));
/** More than two batches of the migration. */
const RECORDS = 500;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-format-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** In the order of issuance, of every standing, some expired. */
function arrange(): CertificateRecord[] {
  return Array.from({ length: RECORDS }, (_, at) => {
    const issued = certificate({
      authority: AUTHORITY_IDS[at % 3] ?? "devices",
      deviceName: `phone ${at % 10}`,
      owner: at % 4 === 0 ? "Anna" : "",
      requestId: at === 7 ? "r-7" : "",
      notAfter: later(at % 5 === 0 ? -1 : 825),
    });
    if (at % 7 === 0) return { ...issued, status: "revoked", revokedAt: NOW, reason: "superseded" } as CertificateRecord;
    return at % 11 === 0 ? ({ ...issued, status: "held", revokedAt: NOW } as CertificateRecord) : issued;
  });
}

async function serialNumbers(store: Store, query: Partial<CertificateQuery>): Promise<string[]> {
  const found: string[] = [];
  let token = "";
  do {
    const page = await store.listCertificates({ at: NOW, ...query }, { size: 500, token });
    found.push(...page.items.map(({ serialNumber }) => serialNumber as string));
    token = page.nextToken;
  } while (token !== "");
  return found;
}

/** Everything that was in the store of format 1 is there, on the lists of this format and on no other. */
async function checkAll(store: Store, records: readonly CertificateRecord[]): Promise<void> {
  const newest = (isMeant: (record: CertificateRecord) => boolean) =>
    records
      .filter(isMeant)
      .map(({ serialNumber }) => serialNumber as string)
      .toReversed();
  const isOver = ({ notAfter }: CertificateRecord) => notAfter < NOW;
  assert.deepEqual(
    await serialNumbers(store, {}),
    newest(() => true),
  );
  for (const id of AUTHORITY_IDS)
    assert.deepEqual(
      await serialNumbers(store, { authority: id }),
      newest(({ authority }) => authority === id),
    );
  assert.deepEqual(
    await serialNumbers(store, { status: "valid", owner: { text: "Anna", match: "exact" } }),
    newest((record) => record.status === "valid" && !isOver(record) && record.owner === "Anna"),
  );
  assert.deepEqual(
    await serialNumbers(store, { status: "expired" }),
    newest((record) => record.status === "valid" && isOver(record)),
  );
  for (const status of ["held", "revoked"] as const)
    assert.deepEqual(
      await serialNumbers(store, { status }),
      newest((record) => record.status === status),
    );
  assert.deepEqual((await serialNumbers(store, { notAfterBefore: NOW })).toSorted(), newest((record) => isOver(record)).toSorted());
  const listed: string[] = [];
  for await (const { serialNumber } of store.revokedCertificates("devices")) listed.push(serialNumber);
  assert.deepEqual(listed.toSorted(), newest(({ authority, status }) => authority === "devices" && status !== "valid").toSorted());
  assert.equal((await store.countCertificates()).issued, records.length);
  assert.equal((await store.getCertificateByRequestId("r-7"))?.serialNumber, records[7]?.serialNumber);
  assert.equal(Buffer.from((await store.getDocument("name")) ?? []).toString(), "content");
}

/** What the keys of a closed store begin with. */
async function kindsOfKeys(path: string): Promise<Set<string>> {
  const database = new Level<string, string>(path);
  const kinds = new Set<string>();
  for await (const key of database.keys()) kinds.add(key.split("\0")[0] ?? "");
  await database.close();
  return kinds;
}

async function formatOf(path: string): Promise<string> {
  const database = new Level<string, string>(path);
  const format = await database.get("format");
  await database.close();
  return format;
}

test("a store of format 1 opens: all is there, what is new joins it, and nothing of the former lists is left", async () => {
  const path = join(folder, "whole");
  const records = arrange();
  await writeFormat1(path, records);
  const store = await openLevelStore(path);
  await checkAll(store, records);
  const added = certificate();
  await store.insertCertificate(added, undefined, entry());
  await store.sweepExpired(NOW);
  await checkAll(store, [...records, added]);
  await store.close();
  const kinds = await kindsOfKeys(path);
  for (const former of ["by-sequence", "by-authority", "by-expiry", "by-status", "revoked", "migrating"])
    assert.ok(!kinds.has(former), former);
  assert.equal(await formatOf(path), "2");
});

test("killed after any batch of the migration, the next opening goes on where it ended", async () => {
  const batches = mock.method(Level.prototype as unknown as { batch(): Promise<void> }, "batch");
  try {
    const whole = 1 + Math.ceil(RECORDS / 200);
    for (let killedAfter = 1; killedAfter <= whole; killedAfter++) {
      const path = join(folder, `killed after ${killedAfter}`);
      const records = arrange();
      await writeFormat1(path, records);
      const child = spawnSync(process.execPath, [DIE_WHILE_OPENING, path, String(killedAfter)], { encoding: "utf8" });
      assert.deepEqual([child.signal, child.stdout], ["SIGKILL", ""]);
      // An earlier version, which would miss what has moved, refuses it already.
      assert.equal(await formatOf(path), "2");
      batches.mock.resetCalls();
      const store = await openLevelStore(path);
      assert.equal(batches.mock.callCount(), whole - killedAfter);
      await checkAll(store, records);
      await store.close();
      assert.ok(!(await kindsOfKeys(path)).has("by-sequence"));
    }
  } finally {
    batches.mock.restore();
  }
});

test("a backup that was made by a version of format 1 comes back in this one", async () => {
  const records = arrange();
  await writeFormat1(join(folder, "backed up"), records);
  const former = new Level<Uint8Array, Uint8Array>(join(folder, "backed up"), { keyEncoding: "view", valueEncoding: "view" });
  await former.open();
  const store = await openLevelStore(join(folder, "restored"));
  await store.restore(dump(former));
  await former.close();
  await checkAll(store, records);
  await store.close();
  const again = await openLevelStore(join(folder, "restored"));
  await checkAll(again, records);
  await again.close();
});

test("a store, and a backup, of a later format are refused", async () => {
  const later = new Level<Uint8Array, Uint8Array>(join(folder, "later"), { keyEncoding: "view", valueEncoding: "view" });
  await later.put(Buffer.from("format"), Buffer.from("3"));
  const store = await openLevelStore(join(folder, "empty"));
  await assert.rejects(store.restore(dump(later)), { code: "STORE_CORRUPT", message: /has format 3; .* knows 2/ });
  await store.close();
  await later.close();
  assert.equal(await formatOf(join(folder, "empty")), "2");
  await assert.rejects(openLevelStore(join(folder, "later")), { code: "STORE_CORRUPT", message: /has format 3; .* knows 2/ });
});
