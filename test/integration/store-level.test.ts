import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CrlRecord, Der } from "../../services/ca/authority/types.js";
import { openLevelStore } from "../../services/ca/store/level.js";
import { countReads } from "../support/level-reads.js";
import { storeContract } from "./store-contract.js";

storeContract({ name: "Level", open: openLevelStore, reads: countReads() });

test("Level: a folder that is open is refused with the process that has it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-store-"));
  const store = await openLevelStore(join(folder, "store"));
  try {
    await assert.rejects(openLevelStore(join(folder, "store")), {
      code: "DATA_IN_USE",
      message: new RegExp(`in use by process ${process.pid}`),
    });
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test("Level: a CRL that is put as a change writes what is new", async () => {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-store-"));
  const store = await openLevelStore(join(folder, "store"));
  const writtenOctets = async () => {
    const names = await readdir(join(folder, "store"));
    const sizes = await Promise.all(names.filter((name) => /\.(log|ldb)$/.test(name)).map((name) => stat(join(folder, "store", name))));
    return sizes.reduce((sum, { size }) => sum + size, 0);
  };
  const crl = (number: bigint, der: Uint8Array): CrlRecord => ({
    authority: "devices",
    number,
    thisUpdate: new Date(0),
    nextUpdate: new Date(1),
    der: der as Der,
  });
  const entry = { time: new Date(0), event: "crl.signed", actor: "system", fields: {} } as const;
  try {
    const first = new Uint8Array(randomBytes(500_000));
    await store.putCrl(crl(1n, first), [], entry);
    const before = await writtenOctets();
    assert.ok(before > first.length);
    let der = first;
    for (let number = 2n; number <= 40n; number += 1n) {
      const added = new Uint8Array(randomBytes(40));
      der = Uint8Array.from([...der, ...added]);
      await store.putCrl(crl(number, der), [], entry, [{ offset: 0, length: der.length - added.length }, added]);
    }
    const octets = (await writtenOctets()) - before;
    assert.ok(octets < 100_000, `${octets} octets`);
    assert.deepEqual(Buffer.from((await store.getCrl("devices"))?.der ?? []), Buffer.from(der));
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
