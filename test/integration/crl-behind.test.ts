import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createIssuer } from "../../services/ca/authority/issue.js";
import { leadOf } from "../../services/ca/authority/types.js";
import { openLevelStore } from "../../services/ca/store/level.js";
import { createClock } from "../../services/ca/workflows/clock.js";
import { createCrlPublisher } from "../../services/ca/workflows/crl-publisher.js";
import { createLog } from "../../services/log.js";
import { createDevices, createOperators, createServers, NOW } from "../unit/authority/world.js";

const DAY_MILLIS = 24 * 3600_000;

test("CRLs that can't be signed for three days are said to be behind, in the log, once a day", async () => {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-behind-"));
  const world = { devices: await createDevices(), servers: await createServers(), operators: await createOperators() };
  let now = NOW;
  const lines: { event: string; authority?: string; days?: number }[] = [];
  const store = await openLevelStore(join(folder, "store"));
  try {
    const crls = await createCrlPublisher(
      store,
      {
        ids: () => ["devices", "servers", "operators"],
        everyId: () => ["devices", "servers", "operators"],
        get: (id) => {
          const { authority } = world[leadOf(id)];
          return { authority, issuer: createIssuer(authority, undefined) };
        },
      },
      createClock(new Date(0), new Date(0), () => now),
      createLog((line) => lines.push(JSON.parse(line))),
      { days: 30, quietHour: 3, delta: false },
    );
    const refreshAfter = async (days: number) => {
      now = new Date(NOW.getTime() + days * DAY_MILLIS);
      lines.length = 0;
      await crls.refresh().catch(() => undefined);
      return lines.filter(({ event }) => event === "crl.behind").map(({ authority, days }) => [authority, days]);
    };
    assert.deepEqual(await refreshAfter(0), []);
    // It signs as long as it can: three days without a call are no alarm.
    assert.deepEqual(await refreshAfter(4), []);
    await store.close();
    assert.deepEqual(await refreshAfter(6.9), []);
    const each = (days: number) => ["devices", "servers", "operators"].map((id) => [id, days]);
    assert.deepEqual(await refreshAfter(7), each(3));
    assert.deepEqual(await refreshAfter(7.9), []);
    assert.deepEqual(await refreshAfter(8), each(4));
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
