import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import fc from "fast-check";
import { authorityKeyIdentifier, extendedKeyUsages, readCertificate } from "../../../services/ca/authority/certificate.js";
import { CrlEntries, createCrlSigner, expiredEntries, nextCrlNumber, readCrl } from "../../../services/ca/authority/crl.js";
import { DerReader, readSequence } from "../../../services/ca/authority/der/reader.js";
import { TAG } from "../../../services/ca/authority/der/tag.js";
import { readName } from "../../../services/ca/authority/distinguished-name.js";
import { OID } from "../../../services/ca/authority/object-identifiers.js";
import { serialNumberFrom } from "../../../services/ca/authority/serial-number.js";
import type { Der } from "../../../services/ca/authority/types.js";
import { issueOne } from "../../interop/issue-one.js";
import { certificateRecord, createDevices, createOperators, createServers, NOW } from "./world.js";

/** The rules that small CAs get wrong, one test each. */

const DAY = 86_400_000;
const device = { profile: "device", name: "Anna's phone", at: NOW } as const;

async function kindsOfCertificates(): Promise<Der[]> {
  const [devices, servers, operators] = [
    (await createDevices()).authority,
    (await createServers()).authority,
    (await createOperators()).authority,
  ];
  return [
    devices.certificate,
    servers.anchor,
    servers.certificate,
    operators.certificate,
    await issueOne(devices, device),
    await issueOne(devices, { ...device, publicationUrl: "http://ca.example.com" }),
    await issueOne(servers, { profile: "server", serverNames: ["home.example.com", "192.168.1.2"], at: NOW }),
    await issueOne(servers, { profile: "server", serverNames: ["192.168.1.2"], at: NOW }),
    await issueOne(servers, { profile: "profile-signer", at: NOW }),
    await issueOne(servers, { profile: "profile-signer", at: NOW, publicationUrl: "http://ca.example.com" }),
    await issueOne(operators, { profile: "operator", name: "admin", role: "admin", at: NOW }),
    await issueOne(operators, { profile: "operator", name: "ca", role: "server", serverNames: ["localhost"], at: NOW }),
  ];
}

test("serial numbers are positive, of 16 octets, and carry at least 64 random bits (§4.1.2.2)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (random) => {
      const octets = Buffer.from(serialNumberFrom(random), "hex");
      assert.equal(octets.length, 16);
      assert.ok((octets[0] ?? 0) < 0x80 && (octets[0] ?? 0) > 0);
      assert.deepEqual(octets.subarray(1), Buffer.from(random.subarray(1)));
    }),
  );
  assert.equal(new Set(Array.from({ length: 1000 }, () => serialNumberFrom(randomBytes(16)))).size, 1000);
});

test("keyUsage is critical, and its unused bits are right (§4.2.1.3)", async () => {
  for (const der of await kindsOfCertificates()) {
    const { extensions } = readCertificate(der);
    const usage = extensions.get(OID.keyUsage);
    assert.equal(usage?.critical, true);
    const isAuthority = extensions.has(OID.basicConstraints);
    // 7 unused bits before digitalSignature, 1 before keyCertSign and cRLSign.
    assert.equal(Buffer.from(usage?.value ?? []).toString("hex"), isAuthority ? "03020106" : "03020780");
  }
});

test("no DEFAULT value is encoded: neither cA FALSE nor critical FALSE (X.690 §11.5)", async () => {
  for (const der of await kindsOfCertificates()) {
    assert.equal(Buffer.from(der).includes(Buffer.from("010100", "hex")), false, "BOOLEAN FALSE");
    const constraints = readCertificate(der).extensions.get(OID.basicConstraints);
    if (constraints !== undefined) assert.match(Buffer.from(constraints.value).toString("hex"), /^30060101ff02010[01]$/);
  }
});

test("no extension is empty", async () => {
  for (const der of await kindsOfCertificates()) {
    for (const { value } of readCertificate(der).extensions.values()) assert.ok(value.length > 2);
  }
});

test("the SAN is critical if and only if the subject is empty (§4.2.1.6)", async () => {
  const { authority } = await createServers();
  for (const [serverNames, isCritical] of [
    [["home.example.com"], false],
    [["192.168.1.2"], true],
    [[`${"a".repeat(60)}.example.com`], true],
  ] as const) {
    const { subject, extensions } = readCertificate(await issueOne(authority, { profile: "server", serverNames, at: NOW }));
    assert.equal(extensions.get(OID.subjectAlternativeName)?.critical, isCritical);
    assert.equal(Buffer.from(subject).toString("hex") === "3000", isCritical);
  }
});

test("a certificate without a name has no SAN at all (§4.2.1.6: SIZE (1..MAX)), and a profile signer's subject says who has signed", async () => {
  const { authority } = await createServers();
  const { subject, extensions } = readCertificate(await issueOne(authority, { profile: "profile-signer", at: NOW }));
  assert.equal(extensions.has(OID.subjectAlternativeName), false);
  assert.deepEqual(readName(new DerReader(subject)), [{ type: OID.organizationName, value: "Latchkey profile signing" }]);
  assert.deepEqual([...extendedKeyUsages(extensions)], [OID.serverAuth]);
});

test("new names are UTF8Strings (§4.1.2.4)", async () => {
  for (const der of await kindsOfCertificates()) {
    const { subject } = readCertificate(der);
    const names = readSequence(subject);
    while (!names.atEnd) {
      const attribute = names.inside(TAG.SET).inside(TAG.SEQUENCE);
      attribute.oid();
      assert.equal(attribute.any().tag, TAG.UTF8_STRING);
    }
  }
});

test("dates are UTCTime until 2049 and GeneralizedTime from 2050 on (§4.1.2.5)", async () => {
  const { authority } = await createDevices("P-256", 36_500);
  const until = async (days: number) =>
    Buffer.from(await issueOne(authority, { ...device, lifetimes: { device: days, server: 1, operator: 1 } })).toString("hex");
  // Tag and length of UTCTime, "4…"; of GeneralizedTime, "205…".
  assert.match(await until(9_100), /170d34(3\d){11}5a/);
  assert.match(await until(9_200), /180f323035(3\d){11}5a/);
});

test("a CRL is of version 2, with authorityKeyIdentifier and CRLNumber (§5.1.2.1, §5.2)", async () => {
  const { authority } = await createDevices();
  const { der } = await createCrlSigner(authority).sign(new CrlEntries(), 7n, NOW, new Date(NOW.getTime() + DAY));
  const crl = readCrl(der);
  assert.equal(crl.number, 7n);
  assert.deepEqual(crl.authorityKeyIdentifier, new Uint8Array(authority.keyIdentifier));
  assert.deepEqual(crl.issuer, authority.subject);
});

test("CRL numbers only grow, also when the clock goes back or an adopted CA's number was longer than any clock (§5.2.3)", () => {
  assert.equal(nextCrlNumber(undefined, NOW), BigInt(NOW.getTime()));
  assert.equal(nextCrlNumber(5n, NOW), BigInt(NOW.getTime()));
  assert.equal(nextCrlNumber(BigInt(NOW.getTime()), NOW), BigInt(NOW.getTime()) + 1n);
  assert.equal(nextCrlNumber(BigInt(NOW.getTime()) + 99n, NOW), BigInt(NOW.getTime()) + 100n);
  assert.equal(nextCrlNumber(2n ** 150n, NOW), 2n ** 150n + 1n);
});

test("the reason `unspecified` is left out (§5.3.1)", async () => {
  const { authority } = await createDevices();
  const entries = new CrlEntries();
  entries.add(certificateRecord({ status: "revoked", revokedAt: NOW, reason: "unspecified" }));
  const { der } = await createCrlSigner(authority).sign(entries, 1n, NOW, new Date(NOW.getTime() + DAY));
  assert.equal(Buffer.from(der).includes(Buffer.from("0603551d15", "hex")), false, "the OID of reasonCode");
  assert.deepEqual(
    [...readCrl(der).entries()].map(({ reason }) => reason),
    ["unspecified"],
  );
});

test("without revocations there is no list of them (§5.1.2.6)", async () => {
  const { authority } = await createDevices();
  const { der } = await createCrlSigner(authority).sign(new CrlEntries(), 1n, NOW, new Date(NOW.getTime() + DAY));
  // An empty SEQUENCE OF would stand before the extensions' [0].
  assert.equal(Buffer.from(der).includes(Buffer.from("3000a0", "hex")), false);
  assert.deepEqual([...readCrl(der).entries()], []);
});

test("a revoked certificate stays until it has appeared on a CRL issued after its expiry (§3.3)", () => {
  const notAfter = new Date("2027-03-10T12:00:00Z");
  const entries = new CrlEntries();
  const record = certificateRecord({ status: "revoked", revokedAt: NOW, reason: "superseded", notAfter });
  entries.add(record);
  assert.deepEqual(expiredEntries(entries, new Date("2027-03-09T00:00:00Z")), [], "still valid when the last CRL was signed");
  assert.deepEqual(expiredEntries(entries, new Date("2027-03-10T11:59:59Z")), []);
  assert.deepEqual(expiredEntries(entries, new Date("2027-03-11T00:00:00Z")), [record.serialNumber]);
});

test("a certificate that was revoked after its expiry still appears on one CRL", () => {
  const entries = new CrlEntries();
  const revokedAt = new Date("2027-05-01T12:00:00Z");
  const record = certificateRecord({ status: "revoked", revokedAt, reason: "keyCompromise", notAfter: new Date("2027-03-10T12:00:00Z") });
  entries.add(record);
  assert.deepEqual(expiredEntries(entries, new Date("2027-05-01T11:00:00Z")), []);
  assert.deepEqual(expiredEntries(entries, new Date("2027-05-01T13:00:00Z")), [record.serialNumber]);
});

test("every certificate names its issuer's key, and every authority its own (§4.2.1.1, §4.2.1.2)", async () => {
  const { authority } = await createServers();
  const leaf = readCertificate(await issueOne(authority, { profile: "server", serverNames: ["home.example.com"], at: NOW }));
  const [intermediate, root] = [readCertificate(authority.certificate), readCertificate(authority.anchor)];
  assert.deepEqual(authorityKeyIdentifier(leaf.extensions), new Uint8Array(authority.keyIdentifier));
  assert.ok(intermediate.extensions.has(OID.authorityKeyIdentifier) && intermediate.extensions.has(OID.subjectKeyIdentifier));
  assert.ok(root.extensions.has(OID.subjectKeyIdentifier));
});
