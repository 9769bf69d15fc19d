import assert from "node:assert/strict";
import { test } from "node:test";
import { readCrl } from "../../services/ca/authority/crl.js";
import type { Store } from "../../services/ca/store/store.js";
import type { Context } from "../../services/ca/workflows/context.js";
import { revokeCertificates } from "../../services/ca/workflows/revocation.js";
import { createTestContext } from "../support/context.js";
import { certificateRecord } from "../unit/authority/world.js";

const BURST = 500;

/** A store that takes the next CRL only when told. */
function withGate() {
  let open = () => {};
  let gate: Promise<void> | undefined;
  return {
    close(): () => void {
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return () => open();
    },
    gated: (store: Store): Store => ({
      ...store,
      async putCrl(...args) {
        await gate;
        return await store.putCrl(...args);
      },
    }),
  };
}

async function store(context: Context, count: number): Promise<readonly string[]> {
  const records = Array.from({ length: count }, (_, at) => certificateRecord({ deviceName: `phone ${at}`, deviceId: `id ${at}` }));
  await Promise.all(
    records.map((record) =>
      context.store.insertCertificate(record, undefined, { time: new Date(), event: "certificate.issued", actor: "system", fields: {} }),
    ),
  );
  return records.map(({ serialNumber }) => serialNumber);
}

const revokeBySerial = (context: Context, serialNumber: string) => {
  const key = { authority: "devices", serialNumber } as never;
  return revokeCertificates(context, undefined, { kind: "certificate", key }, "unspecified", { allowLastAdmin: false });
};

async function untilAllStand(context: Context, serialNumbers: readonly string[]): Promise<void> {
  for (const serialNumber of serialNumbers) {
    for (;;) {
      const record = await context.store.getCertificate({ authority: "devices", serialNumber } as never);
      // Each tells the publisher in the turn of its own commit.
      await new Promise((resolve) => setImmediate(resolve));
      if (record?.status === "revoked") break;
    }
  }
}

test("a lone revocation waits for nothing; those that come while its CRL is under way go together into the next", async () => {
  const { close, gated } = withGate();
  const { context, remove } = await createTestContext(gated);
  const signed: bigint[] = [];
  try {
    await context.crls.publish("devices", []);
    const [first = "", ...others] = await store(context, BURST + 1);
    context.crls.onPublished(({ number }) => signed.push(number));
    const open = close();
    const lone = revokeBySerial(context, first);
    await untilAllStand(context, [first]);
    const burst = others.map((serialNumber) => revokeBySerial(context, serialNumber));
    await untilAllStand(context, others);
    assert.deepEqual(signed, []);
    open();
    const { crlNumber } = await lone;
    const outcomes = await Promise.all(burst);
    assert.deepEqual(signed, [crlNumber, outcomes[0]?.crlNumber]);
    assert.deepEqual(new Set(outcomes.map((outcome) => outcome.crlNumber)).size, 1);
    assert.equal([...readCrl(context.crls.current("devices")?.der ?? new Uint8Array()).entries()].length, BURST + 1);
  } finally {
    await remove();
  }
});

test("10,000 revocations at once make few CRLs", async () => {
  const { context, remove } = await createTestContext();
  let signed = 0;
  try {
    await context.crls.publish("devices", []);
    const serialNumbers = await store(context, 10_000);
    context.crls.onPublished(() => {
      signed += 1;
    });
    await Promise.all(serialNumbers.map((serialNumber) => revokeBySerial(context, serialNumber)));
    assert.equal(context.crls.entryCount("devices"), 10_000);
    assert.ok(signed < 200, `${signed} CRLs`);
  } finally {
    await remove();
  }
});
