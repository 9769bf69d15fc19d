import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { encodePem } from "../../services/ca/authority/der/pem.js";
import { createIssuer } from "../../services/ca/authority/issue.js";
import { openLevelStore } from "../../services/ca/store/level.js";
import { createClock } from "../../services/ca/workflows/clock.js";
import type { Context } from "../../services/ca/workflows/context.js";
import { createOcspService } from "../../services/ca/workflows/ocsp.js";
import { settingsSchema } from "../../services/config.js";
import { certificateRecord, createDevices, createOperators, createServers, NOW } from "../unit/authority/world.js";

const DAY_MILLIS = 24 * 3600_000;
const TRY_LATER = "30030a0103";

test("an answer that was signed while the clock was ahead is kept, and not given once the clock is right", async () => {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-ocsp-clock-"));
  const world = { devices: await createDevices(), servers: await createServers(), operators: await createOperators() };
  const store = await openLevelStore(join(folder, "store"));
  let now = NOW;
  const context = {
    store,
    settings: settingsSchema.parse({}),
    clock: createClock(new Date(0), new Date(0), () => now),
    authorities: {
      everyId: () => ["devices", "servers", "operators"],
      get: (id: keyof typeof world) => ({ authority: world[id].authority, issuer: createIssuer(world[id].authority, undefined) }),
      intermediates: () => [],
      domains: () => [],
    },
    log: () => {},
  } as unknown as Context;
  try {
    const record = certificateRecord();
    const audit = { time: NOW, event: "certificate.issued", actor: "system", fields: {} } as const;
    await store.insertCertificate(record, undefined, audit);
    await writeFile(join(folder, "ca.pem"), encodePem("CERTIFICATE", world.devices.authority.certificate));
    const request = ["ocsp", "-no_nonce", "-issuer", join(folder, "ca.pem"), "-serial", `0x${record.serialNumber}`];
    execFileSync("openssl", [...request, "-reqout", join(folder, "request")]);
    const asked = await readFile(join(folder, "request"));
    const ocsp = createOcspService(context);
    now = new Date(NOW.getTime() + 2 * DAY_MILLIS);
    const ahead = await ocsp.answer(asked);
    assert.ok(ahead.shared !== undefined);
    assert.deepEqual((await ocsp.answer(asked)).der, ahead.der, "while the clock says so, it is given again");
    now = NOW;
    const { der, shared } = await ocsp.answer(asked);
    assert.deepEqual([Buffer.from(der).toString("hex"), shared], [TRY_LATER, undefined]);
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
