import assert from "node:assert/strict";
import { test } from "node:test";
import { readCrl } from "../../services/ca/authority/crl.js";
import { hold, release, revoke } from "../../services/ca/authority/revoke.js";
import type { CertificateRecord, SerialNumber } from "../../services/ca/authority/types.js";
import type { Store } from "../../services/ca/store/store.js";
import type { Context } from "../../services/ca/workflows/context.js";
import { createCrlPublisher } from "../../services/ca/workflows/crl-publisher.js";
import { createTestContext } from "../support/context.js";
import { certificateRecord } from "../unit/authority/world.js";

const DAY_MILLIS = 86_400_000;

const restarted = ({ store, authorities, clock, log, settings }: Context) =>
  createCrlPublisher(store, authorities, clock, log, settings.crl);

function entriesOf({ der }: { readonly der: Uint8Array }) {
  const entries = Array.from(readCrl(der).entries(), ({ serialNumber, reason, revokedAt }) => [serialNumber, reason, revokedAt.getTime()]);
  return entries.toSorted();
}

const AUDIT = { time: new Date(), event: "certificate.issued", actor: "system", fields: {} } as const;

async function insert(store: Store, standing: Partial<CertificateRecord> = {}): Promise<SerialNumber> {
  const record = certificateRecord({ notBefore: new Date(), notAfter: new Date(Date.now() + 800 * DAY_MILLIS), ...standing });
  await store.insertCertificate(record, undefined, AUDIT);
  return record.serialNumber;
}

/** Changes the store and no CRL: what a process leaves that ends between the two. */
async function change(store: Store, serialNumber: SerialNumber, update: (record: CertificateRecord) => CertificateRecord): Promise<void> {
  await store.updateCertificates([{ authority: "devices", serialNumber }], update, () => AUDIT);
}

test("a start signs what the store says, whatever has changed since the CRL in it", async () => {
  const { context, remove } = await createTestContext();
  try {
    const { store } = context;
    const now = Math.floor(Date.now() / 1000) * 1000;
    const day = (days: number) => new Date(now - days * DAY_MILLIS);
    const [stays, heldStays, heldRevoked, heldReleased, heldAnew, added] = [
      await insert(store, { status: "revoked", revokedAt: day(9), reason: "superseded" }),
      await insert(store, { status: "held", revokedAt: day(8) }),
      await insert(store, { status: "held", revokedAt: day(7) }),
      await insert(store, { status: "held", revokedAt: day(6) }),
      await insert(store, { status: "held", revokedAt: day(5) }),
      await insert(store),
    ];
    const first = await (await restarted(context)).publish("devices", []);
    assert.equal(entriesOf(first).length, 5);

    await change(store, heldRevoked, (record) => revoke(record, "keyCompromise", day(1)));
    await change(store, heldReleased, release);
    await change(store, heldAnew, release);
    await change(store, heldAnew, (record) => hold(record, day(2)));
    await change(store, added, (record) => revoke(record, "unspecified", day(1)));

    const second = await (await restarted(context)).publish("devices", []);
    assert.deepEqual(
      entriesOf(second),
      [
        [stays, "superseded", day(9).getTime()],
        [heldStays, "certificateHold", day(8).getTime()],
        [heldRevoked, "keyCompromise", day(7).getTime()],
        [heldAnew, "certificateHold", day(2).getTime()],
        [added, "unspecified", day(1).getTime()],
      ].toSorted(),
    );
    const departures = await store.departuresSince("devices", first.number);
    assert.deepEqual(departures, [{ serialNumber: heldReleased, cause: "released", crlNumber: second.number }]);
    assert.ok(Buffer.from(second.der).equals((await store.getCrl("devices"))?.der ?? new Uint8Array()));

    const third = await (await restarted(context)).publish("devices", []);
    assert.deepEqual(entriesOf(third), entriesOf(second));
  } finally {
    await remove();
  }
});

test("a start reads no record of what the CRL lists already", async () => {
  const read: SerialNumber[] = [];
  const { context, remove } = await createTestContext((store) => ({
    ...store,
    getCertificate: (key) => {
      read.push(key.serialNumber);
      return store.getCertificate(key);
    },
  }));
  try {
    for (let count = 0; count < 20; count += 1)
      await insert(context.store, { status: "revoked", revokedAt: new Date(), reason: "superseded" });
    await (await restarted(context)).publish("devices", []);
    read.length = 0;
    const held = await insert(context.store, { status: "held", revokedAt: new Date() });
    const crls = await restarted(context);
    assert.deepEqual(read, [held]);
    assert.equal(crls.entryCount("devices"), 21);
  } finally {
    await remove();
  }
});

test("what was listed from the start leaves the CRL after its expiry like all others", async () => {
  const { context, remove } = await createTestContext();
  try {
    const { store } = context;
    const ended = new Date(Date.now() - 3 * DAY_MILLIS);
    const past = { notBefore: new Date(Date.now() - 30 * DAY_MILLIS), notAfter: ended };
    const over = await insert(store, {
      ...past,
      status: "revoked",
      revokedAt: new Date(Date.now() - 9 * DAY_MILLIS),
      reason: "superseded",
    });
    const first = await (await restarted(context)).publish("devices", []);
    assert.deepEqual(
      entriesOf(first).map(([serialNumber]) => serialNumber),
      [over],
    );
    const second = await (await restarted(context)).publish("devices", []);
    assert.deepEqual(entriesOf(second), []);
    assert.deepEqual(await store.departuresSince("devices", first.number), [
      { serialNumber: over, cause: "expired", crlNumber: second.number },
    ]);
    const third = await (await restarted(context)).publish("devices", []);
    assert.deepEqual(entriesOf(third), []);
  } finally {
    await remove();
  }
});
