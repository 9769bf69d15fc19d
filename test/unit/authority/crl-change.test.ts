import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { CrlEntries, createCrlSigner } from "../../../services/ca/authority/crl.js";
import { applyChange, type CrlPiece, changeOfCrl, composeChanges, isOctets } from "../../../services/ca/authority/crl-change.js";
import { DerError } from "../../../services/ca/authority/der/error.js";
import type { Der, RevocationReason, SerialNumber } from "../../../services/ca/authority/types.js";
import { listedReasons } from "./arbitraries.js";
import { certificateRecord, createDevices, NOW } from "./world.js";

/** More than two blocks of entries. */
const POOL = 5_000;
/** Adopted CAs' are shorter than ours. */
const pool = Array.from({ length: POOL }, (_, at) => `01${randomBytes(7 + (at % 12)).toString("hex")}` as SerialNumber);
const { authority } = await createDevices();
const signer = createCrlSigner(authority);

function octetsOf(change: readonly CrlPiece[]): number {
  return change.reduce((sum, piece) => sum + (isOctets(piece) ? piece.length : 0), 0);
}

function add(entries: CrlEntries, serialNumber: SerialNumber, reason: RevocationReason = "superseded"): void {
  const standing = reason === "certificateHold" ? { status: "held" as const } : { status: "revoked" as const, reason };
  entries.add(certificateRecord({ serialNumber, revokedAt: NOW, ...standing }));
}

async function sign(entries: CrlEntries, number: number): Promise<{ der: Der; change: readonly CrlPiece[] }> {
  const change = entries.takeChange();
  const { der } = await signer.sign(entries, BigInt(number), NOW, new Date(NOW.getTime() + number));
  return { change, der };
}

const isSame = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;

test("whatever comes, changes and goes, the change makes the next CRL of the one before, and all together the last of the first", async () => {
  const one = fc.record({ at: fc.nat(POOL - 1), reason: listedReasons, goes: fc.boolean() });
  const many = fc.record({ from: fc.nat(POOL), count: fc.nat(2_000), goes: fc.boolean() });
  const round = fc.record({ ones: fc.array(one, { maxLength: 30 }), many: fc.option(many, { freq: 5 }) });
  await fc.assert(
    fc.asyncProperty(fc.nat(POOL), fc.array(round, { minLength: 1, maxLength: 6 }), async (listed, rounds) => {
      const entries = new CrlEntries();
      for (const serialNumber of pool.slice(0, listed)) add(entries, serialNumber);
      let number = 1;
      const first = await sign(entries, number);
      let before = first.der;
      let all: readonly CrlPiece[] = [{ offset: 0, length: first.der.length }];
      for (const { ones, many } of rounds) {
        for (const serialNumber of many === null ? [] : pool.slice(many.from, many.from + many.count)) {
          if (many?.goes) entries.remove(serialNumber);
          else add(entries, serialNumber);
        }
        for (const { at, reason, goes } of ones) {
          const serialNumber = pool[at] as SerialNumber;
          if (goes) entries.remove(serialNumber);
          else add(entries, serialNumber, reason);
        }
        number += 1;
        const { der, change } = await sign(entries, number);
        const whole = changeOfCrl(before, der, change);
        assert.ok(isSame(applyChange(before, whole), der), "the change makes another CRL");
        all = composeChanges(all, whole);
        assert.ok(isSame(applyChange(first.der, all), der), "the changes together make another CRL");
        before = der;
      }
    }),
    { numRuns: 25 },
  );
});

test("a revocation, a hold and its release each change few octets of a large CRL", async () => {
  const entries = new CrlEntries();
  for (const serialNumber of pool.slice(0, POOL - 1)) add(entries, serialNumber);
  const held = pool[POOL - 1] as SerialNumber;
  let { der: before } = await sign(entries, 1);
  const steps: Readonly<Record<string, () => void>> = {
    "a hold": () => add(entries, held, "certificateHold"),
    "its release": () => void entries.remove(held),
    "a release in the middle": () => void entries.remove(pool[1_000] as SerialNumber),
    "a revocation in its place": () => add(entries, held),
    "another reason": () => add(entries, pool[2_000] as SerialNumber, "keyCompromise"),
    nothing: () => {},
  };
  for (const [index, [name, step]] of Object.entries(steps).entries()) {
    step();
    const { der, change } = await sign(entries, index + 2);
    const whole = changeOfCrl(before, der, change);
    assert.ok(isSame(applyChange(before, whole), der), name);
    assert.ok(octetsOf(whole) < 600, `${name}: ${octetsOf(whole)} octets`);
    before = der;
  }
});

test("the first entry and the last to go are changes as well", async () => {
  const entries = new CrlEntries();
  const [only] = pool as [SerialNumber];
  let { der: before } = await sign(entries, 1);
  for (const [number, step] of [() => add(entries, only), () => void entries.remove(only), () => add(entries, only)].entries()) {
    step();
    const { der, change } = await sign(entries, number + 2);
    assert.ok(isSame(applyChange(before, changeOfCrl(before, der, change)), der));
    before = der;
  }
});

test("the entries of a CRL, taken as they lie there, go on as if they had been added here", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ at: fc.nat(POOL - 1), reason: listedReasons }), { maxLength: 200 }),
      fc.nat(POOL - 1),
      async (some, at) => {
        const entries = new CrlEntries();
        for (const one of some) add(entries, pool[one.at] as SerialNumber, one.reason);
        const { der: before } = await sign(entries, 1);
        const { entries: taken, held } = CrlEntries.of(entries.toBytes());
        const listed = new Map(some.map((one) => [pool[one.at], one.reason]));
        assert.deepEqual([...taken.serialNumbers()].toSorted(), [...listed.keys()].toSorted());
        assert.deepEqual(
          [...held].toSorted(),
          [...listed]
            .filter(([, reason]) => reason === "certificateHold")
            .map(([serialNumber]) => serialNumber)
            .toSorted(),
        );
        add(taken, pool[at] as SerialNumber);
        if (some[0] !== undefined) taken.remove(pool[some[0].at] as SerialNumber);
        const { der, change } = await sign(taken, 2);
        assert.ok(isSame(applyChange(before, changeOfCrl(before, der, change)), der), "the change makes another CRL");
      },
    ),
    { numRuns: 100 },
  );
});

test("whatever octets are no entries are refused by their own error", () => {
  const entries = new CrlEntries();
  for (const serialNumber of pool.slice(0, 20)) add(entries, serialNumber, "certificateHold");
  const good = entries.toBytes();
  assert.throws(() => CrlEntries.of(Buffer.concat([good, good])), DerError);
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, value, length) => {
      const octets = Uint8Array.from(good.subarray(0, length));
      if (at < length) octets[at] = value;
      try {
        CrlEntries.of(octets);
      } catch (error) {
        assert.ok(error instanceof DerError, String(error));
      }
    }),
  );
});
