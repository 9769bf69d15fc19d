import assert from "node:assert/strict";
import { test } from "node:test";
import { readCrl } from "../../services/ca/authority/crl.js";
import { LatchkeyError } from "../../services/ca/authority/error.js";
import type { Store } from "../../services/ca/store/store.js";
import type { Caller } from "../../services/ca/workflows/caller.js";
import type { Context } from "../../services/ca/workflows/context.js";
import { issueCertificate } from "../../services/ca/workflows/issuance.js";
import { holdCertificates, releaseCertificates, revokeCertificates } from "../../services/ca/workflows/revocation.js";
import { readStatus } from "../../services/ca/workflows/status.js";
import { createTestContext } from "../support/context.js";
import { createTestRequest } from "../support/request.js";

/** A store whose disk takes the next CRL not, as often as told. */
function withFailingCrls() {
  let failures = 0;
  return {
    failNext: (count: number) => {
      failures = count;
    },
    faulty: (store: Store): Store => ({
      ...store,
      putCrl: (...args) => {
        if (failures === 0) return store.putCrl(...args);
        failures -= 1;
        return Promise.reject(new LatchkeyError("STORE_FULL", "The disk is full."));
      },
    }),
  };
}

async function issueTo(context: Context, deviceName: string) {
  const { csr } = await createTestRequest();
  const request = { csr, profile: "device", deviceName, owner: "", serverNames: [], requestId: "" } as const;
  return await issueCertificate(context, undefined, request);
}

const revokeByName = (context: Context, name: string, caller?: Caller) =>
  revokeCertificates(context, caller, { kind: "device", name }, "unspecified", { allowLastAdmin: false });

const listed = (context: Context) =>
  Array.from(readCrl(context.crls.current("devices")?.der ?? new Uint8Array()).entries(), ({ serialNumber }) => serialNumber);

test("a revocation whose CRL could not be stored says that it is recorded, and the next try carries it", async () => {
  const { failNext, faulty } = withFailingCrls();
  const { context, remove } = await createTestContext(faulty);
  try {
    await context.crls.publish("devices", []);
    const { serialNumber } = await issueTo(context, "Phone");
    failNext(1);
    await assert.rejects(revokeByName(context, "Phone"), { code: "CRL_NOT_SIGNED", message: /is recorded, but nginx does not know yet/ });
    assert.equal((await context.store.getCertificate({ authority: "devices", serialNumber }))?.status, "revoked");
    assert.deepEqual(listed(context), []);
    const owed = (await readStatus(context, [])).warnings.filter(({ code }) => code === "CRL_NOT_SIGNED");
    assert.equal(owed.length, 1);

    const { crlNumber } = await revokeByName(context, "Phone");
    assert.equal(crlNumber, context.crls.current("devices")?.number);
    assert.deepEqual(listed(context), [serialNumber]);
    assert.deepEqual(
      (await readStatus(context, [])).warnings.filter(({ code }) => code === "CRL_NOT_SIGNED"),
      [],
    );
  } finally {
    await remove();
  }
});

test("a revocation that the disk has kept although the write failed is on a CRL before anybody is told that it is enforced", async () => {
  let failures = 0;
  const faulty = (store: Store): Store => ({
    ...store,
    // LevelDB's own words: a record whose sync failed may or may not show up.
    updateCertificates: async (...args) => {
      const after = await store.updateCertificates(...args);
      if (failures === 0) return after;
      failures -= 1;
      throw new LatchkeyError("UNAVAILABLE", "The store could not write.");
    },
  });
  const { context, remove } = await createTestContext(faulty);
  try {
    await context.crls.publish("devices", []);
    const { serialNumber } = await issueTo(context, "Phone");
    failures = 1;
    await assert.rejects(revokeByName(context, "Phone"), { code: "UNAVAILABLE" });
    assert.deepEqual(listed(context), []);
    const { crlNumber } = await revokeByName(context, "Phone");
    assert.deepEqual(listed(context), [serialNumber]);
    assert.equal(crlNumber, context.crls.current("devices")?.number);

    const held = await issueTo(context, "Tablet");
    const selector = { kind: "device", name: "Tablet" } as const;
    const caller = { name: "admin", role: "admin", serialNumber: held.serialNumber, mayServe: undefined } as const;
    await holdCertificates(context, caller, selector);
    failures = 1;
    await assert.rejects(releaseCertificates(context, caller, selector), { code: "UNAVAILABLE" });
    await revokeByName(context, "Phone");
    assert.deepEqual(listed(context).toSorted(), [serialNumber, held.serialNumber].toSorted());
  } finally {
    await remove();
  }
});

test("the CA's own round signs a CRL that is owed, without anybody asking", async () => {
  const { failNext, faulty } = withFailingCrls();
  const { context, remove } = await createTestContext(faulty);
  try {
    for (const id of ["devices", "servers", "operators"] as const) await context.crls.publish(id, []);
    const before = context.crls.current("devices")?.number;
    const { serialNumber } = await issueTo(context, "Phone");
    failNext(2);
    await assert.rejects(revokeByName(context, "Phone"));
    await assert.rejects(context.crls.refresh());
    await context.crls.refresh();
    assert.deepEqual(listed(context), [serialNumber]);
    assert.ok((context.crls.current("devices")?.number ?? 0n) > (before ?? 0n));
  } finally {
    await remove();
  }
});

test("an authority whose CRL can't be signed keeps no other from having its own signed for the day", async () => {
  const { failNext, faulty } = withFailingCrls();
  const { context, remove } = await createTestContext(faulty);
  try {
    failNext(1);
    await assert.rejects(context.crls.refresh(), { code: "STORE_FULL" });
    const signed = () => context.authorities.ids().filter((id) => context.crls.current(id) !== undefined);
    assert.equal(signed().length, context.authorities.ids().length - 1);
    await context.crls.refresh();
    assert.equal(signed().length, context.authorities.ids().length);
  } finally {
    await remove();
  }
});
