import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
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
