import assert from "node:assert/strict";
import { test } from "node:test";
import { CrlEntries, createCrlSigner } from "../../services/ca/authority/crl.js";
import { LatchkeyError } from "../../services/ca/authority/error.js";
import { revoke } from "../../services/ca/authority/revoke.js";
import type { Caller } from "../../services/ca/workflows/caller.js";
import { type IssuanceRequest, issueCertificate } from "../../services/ca/workflows/issuance.js";
import { restoreRevocations } from "../../services/ca/workflows/restoration.js";
import { holdCertificates, revokeCertificates } from "../../services/ca/workflows/revocation.js";
import { createTestContext } from "../support/context.js";
import { createTestRequest } from "../support/request.js";

const caller = { name: "admin", role: "admin", serialNumber: "01", mayServe: undefined } as unknown as Caller;

test("a CRL that says `revoked` brings that back for a certificate that the backup has on hold", async () => {
  const { context, remove } = await createTestContext();
  try {
    const { csr } = await createTestRequest();
    const request = {
      csr,
      profile: "device",
      deviceName: "Phone",
      owner: "",
      serverNames: [],
      requestId: "",
    } as unknown as IssuanceRequest;
    const { serialNumber } = await issueCertificate(context, undefined, request);
    const key = { authority: "devices", serialNumber } as const;
    await context.crls.publish("devices", []);
    await holdCertificates(context, caller, { kind: "device", name: "Phone" });
    const held = await context.store.getCertificate(key);
    assert.ok(held !== undefined);
    // What the CA signed after the backup: revoked for good.
    const { authority } = context.authorities.get("devices");
    const entries = new CrlEntries();
    const revoked = revoke(held, "keyCompromise", new Date());
    assert.ok(revoked.status === "revoked");
    entries.add(revoked);
    const now = Date.now();
    const { der: crl } = await createCrlSigner(authority).sign(entries, BigInt(now + 5), new Date(now), new Date(now + 86_400_000));
    await restoreRevocations(context, caller, crl);
    assert.equal((await context.store.getCertificate(key))?.status, "revoked");
  } finally {
    await remove();
  }
});

test("a hook whose operator was revoked while no CRL could be stored is waited for no more once that is made good", async () => {
  let failures = 0;
  const { context, remove } = await createTestContext((store) => ({
    ...store,
    putCrl: (...args) => {
      if (failures === 0) return store.putCrl(...args);
      failures -= 1;
      return Promise.reject(new LatchkeyError("STORE_FULL", "The disk is full."));
    },
  }));
  try {
    for (const id of ["devices", "servers", "operators"] as const) await context.crls.publish(id, []);
    const { csr } = await createTestRequest();
    const request = {
      csr,
      profile: "operator",
      operatorRole: "nginx",
      deviceName: "door",
      owner: "",
      serverNames: [],
      requestId: "",
    } as unknown as IssuanceRequest;
    await issueCertificate(context, undefined, request);
    (await context.subscribers.connect("door", "operator:door"))();
    failures = 1;
    const selector = { kind: "device", name: "door" } as const;
    await assert.rejects(revokeCertificates(context, caller, selector, "unspecified", { allowLastAdmin: true }), {
      code: "CRL_NOT_SIGNED",
    });
    await context.crls.refresh();
    assert.equal(context.crls.isOwed("operators"), false);
    assert.deepEqual(
      context.subscribers.list().map(({ record }) => record.name),
      [],
    );
  } finally {
    await remove();
  }
});
