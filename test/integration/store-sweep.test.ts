import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Level } from "level";
import { openLevelStore } from "../../services/ca/store/level.js";
import { startTestAuthority } from "../support/authority.js";
import { certificate, entry, later } from "../support/store.js";

test("a CA that starts files apart what has expired while it was away", async () => {
  const world = await startTestAuthority();
  try {
    const folder = join(world.data, "store");
    await world.restart(async () => {
      const store = await openLevelStore(folder);
      await store.insertCertificate(certificate({ deviceName: "gone", notAfter: later(-1_000) }), undefined, entry());
      await store.close();
    });
    await world.restart(async () => {
      const database = new Level<string, string>(folder);
      const filed = await database.keys({ gte: "issued\0name\0gone\0", lt: "issued\0name\0gone\u0001" }).all();
      assert.deepEqual(
        filed.map((key) => key.split("\0")[3]),
        ["expired"],
      );
      await database.close();
    });
  } finally {
    await world.stop();
  }
});
