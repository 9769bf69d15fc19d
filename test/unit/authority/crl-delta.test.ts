import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { readCrl as readCrlAsHook } from "../../../clients/nginx/crl.js";
import { CrlDelta, CrlEntries, type CrlEntry, createCrlSigner, encodeRemoval, readCrl } from "../../../services/ca/authority/crl.js";
import { readCrlEntry } from "../../../services/ca/authority/crl-entry.js";
import { DerReader } from "../../../services/ca/authority/der/reader.js";
import { encodeGeneralNames } from "../../../services/ca/authority/general-names.js";
import type { Der, SerialNumber } from "../../../services/ca/authority/types.js";
import { certificateRecord, createDevices, NOW } from "./world.js";

const HOUR_MILLIS = 3600_000;
const serial = (number: number) => (0x1000 + number).toString(16) as SerialNumber;

/** What a delta's entry says; unlike readCrlEntry, with removeFromCRL. */
function readDeltaEntry(der: Der): { serialNumber: SerialNumber; isRemoval: boolean; entry: string } {
  const removal = Buffer.from("0a0108", "hex");
  const isRemoval = Buffer.from(der).subarray(-removal.length).equals(removal);
  const hold = Buffer.from(der);
  if (isRemoval) hold[hold.length - 1] = 6;
  const { serialNumber } = readCrlEntry(new DerReader(hold as Uint8Array as Der));
  return { serialNumber, isRemoval, entry: Buffer.from(der).toString("hex") };
}

test("any CRL from the base on, with the delta laid over it, is the present one", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("change" as const), at: fc.integer({ min: 0, max: 9 }), isListed: fc.boolean() }),
    fc.record({ kind: fc.constant("sign" as const), hours: fc.integer({ min: 0, max: 30 }), fails: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const entries = new CrlEntries();
      const delta = new CrlDelta();
      const signed = new Map<bigint, Map<SerialNumber, string>>();
      const snapshot = () =>
        new Map([...entries.serialNumbers()].map((one) => [one, Buffer.from(entries.entryOf(one) ?? []).toString("hex")] as const));
      let at = NOW.getTime();
      let number = 1n;
      signed.set(number, snapshot());
      delta.signed(number, NOW, new Map());
      for (const one of steps) {
        if (one.kind === "change") {
          const before = entries.entryOf(serial(one.at));
          if (one.isListed) entries.add(certificateRecord({ serialNumber: serial(one.at), status: "held", revokedAt: new Date(at) }));
          else entries.remove(serial(one.at));
          const after = entries.entryOf(serial(one.at));
          if (after !== undefined) delta.note(serial(one.at), after);
          else if (before !== undefined) delta.note(serial(one.at), encodeRemoval(before));
          continue;
        }
        at += one.hours * HOUR_MILLIS;
        const taken = delta.take();
        if (one.fails) {
          delta.putBack(taken);
          continue;
        }
        number += 1n;
        signed.set(number, snapshot());
        delta.signed(number, new Date(at), taken);
      }
      const { base } = delta;
      assert.ok(base !== undefined && base <= number);
      const present = signed.get(number);
      for (const [from, list] of signed) {
        if (from < base) continue;
        const laid = new Map(list);
        for (const { serialNumber, isRemoval, entry } of delta.entries().map(readDeltaEntry)) {
          if (isRemoval) laid.delete(serialNumber);
          else laid.set(serialNumber, entry);
        }
        assert.deepEqual(new Map([...laid].toSorted()), new Map([...(present ?? [])].toSorted()));
      }
    }),
  );
});

test("the base is one to two days old, and moves up when too much has changed", () => {
  const delta = new CrlDelta();
  assert.equal(delta.base, undefined);
  const at = (hours: number) => new Date(NOW.getTime() + hours * HOUR_MILLIS);
  const bases = [0, 23, 24, 47, 48, 72].map((hours, index) => {
    delta.signed(BigInt(index + 1), at(hours), new Map());
    return delta.base;
  });
  assert.deepEqual(bases, [1n, 1n, 1n, 1n, 3n, 5n]);
  const many = new Map(Array.from({ length: 10_001 }, (_, index) => [serial(index), new Uint8Array(1) as Der]));
  delta.signed(7n, at(73), many);
  assert.deepEqual([delta.base, delta.entries().length], [7n, 0]);

  for (let number = 0; number < 30_000; number++) delta.note(serial(number), new Uint8Array(1) as Der);
  const taken = delta.take();
  assert.equal(taken.size, 10_001, "no more is held than it takes to know that it is too much");
  delta.putBack(taken);
  delta.note(serial(1), new Uint8Array(1) as Der);
  delta.signed(8n, at(74), delta.take());
  assert.deepEqual([delta.base, delta.entries().length], [8n, 0]);
  delta.note(serial(1), new Uint8Array(1) as Der);
  delta.signed(9n, at(75), delta.take());
  assert.deepEqual([delta.base, delta.entries().length], [8n, 1]);
});

test("a delta is critical as such, so that nobody takes it for the whole: neither the CA nor the hook", async () => {
  const { authority } = await createDevices();
  const entry: CrlEntry = { serialNumber: serial(1), revokedAt: NOW, reason: "superseded" };
  const entries = new CrlEntries();
  entries.add(certificateRecord({ ...entry, status: "revoked" }));
  const signer = createCrlSigner(authority, "http://pki.example/crl/devices-delta.crl");
  const later = new Date(NOW.getTime() + 24 * HOUR_MILLIS);
  const { der } = await signer.signDelta(5n, [...entries.pieces()] as Der[], 7n, NOW, later);
  // deltaCRLIndicator (2.5.29.27), critical, INTEGER 5.
  assert.ok(Buffer.from(der).includes(Buffer.from("300d0603551d1b0101ff0403020105", "hex")));
  assert.throws(() => readCrl(der), { code: "CRL_INVALID" });
  assert.throws(() => readCrlAsHook(der), /full CRL/);

  const { der: whole } = await signer.sign(entries, 7n, NOW, later);
  assert.equal(readCrl(whole).number, 7n);
  assert.equal(readCrlAsHook(whole).number, 7n);
  const names = encodeGeneralNames({ uris: ["http://pki.example/crl/devices-delta.crl"] });
  assert.ok(Buffer.from(whole).includes(Buffer.from(names).subarray(2)), "the whole one says where its delta is");
  assert.ok(!Buffer.from(der).includes(Buffer.from("0603551d2e", "hex")), "a delta has no freshestCRL (RFC 5280 §5.2.6)");
});
