import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { CrlEntries, createCrlSigner, readCrl, verifyCrl } from "../../../services/ca/authority/crl.js";
import { encodePem } from "../../../services/ca/authority/der/pem.js";
import { DerReader } from "../../../services/ca/authority/der/reader.js";
import type { CertificateRecord, SerialNumber } from "../../../services/ca/authority/types.js";
import { listedReasons, serialNumbers } from "./arbitraries.js";
import { assertReadsOrRefuses, mutationsOf } from "./mutations.js";
import { certificateRecord, createDevices, NOW } from "./world.js";

const NEXT = new Date(NOW.getTime() + 86_400_000);
const revoked = (overrides: Partial<CertificateRecord> = {}) =>
  certificateRecord({ status: "revoked", revokedAt: NOW, reason: "superseded", ...overrides } as Partial<CertificateRecord>);

test("a CRL is read as it was signed, from DER and from PEM, and verifies", async () => {
  const { authority } = await createDevices();
  const entries = new CrlEntries();
  const [lost, held] = [
    revoked({ reason: "keyCompromise" } as Partial<CertificateRecord>),
    certificateRecord({ status: "held", revokedAt: NOW }),
  ];
  entries.add(lost);
  entries.add(held);
  const { der } = await createCrlSigner(authority).sign(entries, 2n ** 100n, NOW, NEXT);
  for (const octets of [der, Buffer.from(encodePem("X509 CRL", der))]) {
    const crl = readCrl(octets);
    assert.equal(crl.number, 2n ** 100n);
    assert.deepEqual([crl.thisUpdate, crl.nextUpdate], [NOW, NEXT]);
    assert.deepEqual(
      [...crl.entries()],
      [
        { serialNumber: lost.serialNumber, revokedAt: NOW, reason: "keyCompromise" },
        { serialNumber: held.serialNumber, revokedAt: NOW, reason: "certificateHold" },
      ],
    );
    assert.equal(await verifyCrl(crl, authority), true);
  }
});

test("another authority's CRL does not verify, nor one with a changed octet", async () => {
  const [{ authority }, { authority: other }] = [await createDevices(), await createDevices()];
  const { der } = await createCrlSigner(authority).sign(new CrlEntries(), 5n, NOW, NEXT);
  assert.equal(await verifyCrl(readCrl(der), other), false);
  const changed = Buffer.from(der);
  // The extension's OID, then OCTET STRING { INTEGER { 5 } }.
  const crlNumber = Buffer.from("0603551d140403020105", "hex");
  changed[changed.indexOf(crlNumber) + crlNumber.length - 1] = 6;
  assert.equal(readCrl(changed).number, 6n);
  assert.equal(await verifyCrl(readCrl(changed), authority), false);
});

test("entries may change as soon as sign has been called", async () => {
  const { authority } = await createDevices();
  const entries = new CrlEntries();
  entries.add(revoked());
  const signing = createCrlSigner(authority).sign(entries, 1n, NOW, NEXT);
  for (let count = 0; count < 100; count++) entries.add(revoked());
  const crl = readCrl((await signing).der);
  assert.equal([...crl.entries()].length, 1);
  assert.equal(await verifyCrl(crl, authority), true);
});

test("entries that come, change and go leave what a plain map would", () => {
  const change = fc.record({ serialNumber: fc.nat(40), reason: listedReasons, isRemoval: fc.boolean() });
  fc.assert(
    fc.property(fc.array(serialNumbers, { minLength: 41, maxLength: 41 }), fc.array(change, { maxLength: 200 }), (pool, changes) => {
      const entries = new CrlEntries();
      const model = new Map<SerialNumber, string>();
      for (const { serialNumber: index, reason, isRemoval } of changes) {
        const serialNumber = pool[index] as SerialNumber;
        if (isRemoval) {
          assert.equal(entries.remove(serialNumber), model.delete(serialNumber));
          continue;
        }
        const standing = reason === "certificateHold" ? { status: "held" as const } : { status: "revoked" as const, reason };
        entries.add(certificateRecord({ serialNumber, revokedAt: NOW, ...standing }));
        model.set(serialNumber, reason);
      }
      assert.equal(entries.size, model.size);
      assert.equal(entries.toBytes().length, entries.sizeOctets);
      assert.deepEqual(listed(entries.toBytes()), [...model.keys()].sort());
    }),
  );
});

function listed(octets: Uint8Array): string[] {
  const from = new DerReader(octets);
  const serialNumbers: string[] = [];
  while (!from.atEnd) serialNumbers.push(Buffer.from(from.inside().integer()).toString("hex"));
  return serialNumbers.sort();
}

test("a valid record is not listed", () => {
  const entries = new CrlEntries();
  entries.add(certificateRecord());
  assert.equal(entries.size, 0);
});

test("20,000 entries are added, found, taken out and signed without going over all of them each time", async () => {
  const { authority } = await createDevices();
  const entries = new CrlEntries();
  const records = Array.from({ length: 20_000 }, () => revoked());
  for (const record of records) entries.add(record);
  for (const { serialNumber } of records.slice(0, 10_000)) assert.equal(entries.remove(serialNumber), true);
  for (const record of records.slice(0, 5_000)) entries.add(record);
  assert.equal(entries.size, 15_000);
  // Gaps are filled before a new block is begun: memory follows the number of entries.
  assert.ok(entries.pieces().length <= Math.ceil(20_000 / 1_500));
  const crl = readCrl((await createCrlSigner(authority).sign(entries, 1n, NOW, NEXT)).der);
  assert.equal([...crl.entries()].length, 15_000);
  assert.equal(await verifyCrl(crl, authority), true);
});

test("a CRL with octets changed, cut or put in is read or refused with CRL_INVALID, and never fails otherwise", async () => {
  const { authority } = await createDevices();
  const entries = new CrlEntries();
  for (let count = 0; count < 3; count++) entries.add(revoked());
  const { der } = await createCrlSigner(authority).sign(entries, 1n, NOW, NEXT);
  const read = async (octets: Uint8Array) => {
    const crl = readCrl(octets);
    for (const _entry of crl.entries());
    await verifyCrl(crl, authority);
  };
  await fc.assert(
    fc.asyncProperty(mutationsOf(der), (octets) => assertReadsOrRefuses(() => read(octets))),
    { numRuns: 2000 },
  );
  const pem = Buffer.from(encodePem("X509 CRL", der));
  await fc.assert(
    fc.asyncProperty(mutationsOf(pem), (octets) => assertReadsOrRefuses(() => read(octets))),
    { numRuns: 500 },
  );
});

test("what is no CRL is refused", async () => {
  const { authority } = await createDevices();
  const { der } = await createCrlSigner(authority).sign(new CrlEntries(), 1n, NOW, NEXT);
  const bad = [
    new Uint8Array(),
    Buffer.from("hello"),
    authority.certificate,
    Buffer.concat([der, Buffer.of(0)]),
    Buffer.from(encodePem("X509 CRL", der).repeat(2)),
    Buffer.from(encodePem("CERTIFICATE", der)),
  ];
  for (const octets of bad) assert.throws(() => readCrl(octets), { code: "CRL_INVALID" });
});
