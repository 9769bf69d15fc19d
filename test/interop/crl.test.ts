import "reflect-metadata";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import * as x509 from "@peculiar/x509";
import type { Authority } from "../../services/ca/authority/authority.js";
import { readCertificate } from "../../services/ca/authority/certificate.js";
import { CrlEntries, createCrlSigner } from "../../services/ca/authority/crl.js";
import { encodePem } from "../../services/ca/authority/der/pem.js";
import type { CertificateRecord, Der } from "../../services/ca/authority/types.js";
import { certificateRecord, createDevices } from "../unit/authority/world.js";
import { issueOne } from "./issue-one.js";
import { run, temporaryFolder } from "./program.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

async function signCrl(authority: Authority, records: readonly CertificateRecord[]): Promise<Der> {
  const entries = new CrlEntries();
  for (const record of records) entries.add(record);
  const now = Date.now();
  const { der } = await createCrlSigner(authority).sign(entries, BigInt(now), new Date(now - 5 * MINUTE), new Date(now + 30 * DAY));
  return der;
}

function revokedRecord(certificate: Der): CertificateRecord {
  const { serialNumber, notAfter } = readCertificate(certificate);
  return certificateRecord({ serialNumber, notAfter, status: "revoked", revokedAt: new Date(), reason: "keyCompromise" });
}

test("OpenSSL refuses the revoked device and lets the other one in", async (t) => {
  const { authority } = await createDevices();
  const [lost, kept] = [
    await issueOne(authority, { profile: "device", name: "lost" }),
    await issueOne(authority, { profile: "device", name: "kept" }),
  ];
  const crl = await signCrl(authority, [revokedRecord(lost)]);
  const folder = temporaryFolder(t);
  const path = (name: string) => join(folder, name);
  writeFileSync(path("ca.pem"), encodePem("CERTIFICATE", authority.certificate));
  writeFileSync(path("crl.pem"), encodePem("X509 CRL", crl));
  writeFileSync(path("lost.pem"), encodePem("CERTIFICATE", lost));
  writeFileSync(path("kept.pem"), encodePem("CERTIFICATE", kept));
  const verify = (name: string) =>
    run("openssl", ["verify", "-x509_strict", "-crl_check_all", "-CAfile", path("ca.pem"), "-CRLfile", path("crl.pem"), path(name)]);
  assert.equal(verify("kept.pem").code, 0, verify("kept.pem").text);
  assert.match(verify("lost.pem").text, /certificate revoked/);
});

test("OpenSSL and GnuTLS verify the CRL's signature and read what stands in it", async (t) => {
  const { authority } = await createDevices();
  const held = certificateRecord({ status: "held", revokedAt: new Date() });
  const crl = await signCrl(authority, [held, certificateRecord({ status: "revoked", revokedAt: new Date(), reason: "unspecified" })]);
  const folder = temporaryFolder(t);
  const [ca, file] = [join(folder, "ca.pem"), join(folder, "crl.pem")];
  writeFileSync(ca, encodePem("CERTIFICATE", authority.certificate));
  writeFileSync(file, encodePem("X509 CRL", crl));
  const openssl = run("openssl", ["crl", "-in", file, "-CAfile", ca, "-noout", "-text"]);
  assert.match(openssl.text, /verify OK/);
  assert.match(openssl.text, /Version 2 \(0x1\)/);
  assert.match(openssl.text, /X509v3 CRL Number: ?\n\s+(0x[0-9A-F]+|\d+)\n/);
  assert.match(openssl.text, new RegExp(`Serial Number: ${held.serialNumber.toUpperCase()}`));
  assert.match(openssl.text, /Certificate Hold/);
  const gnutls = run("certtool", ["--verify-crl", "--load-ca-certificate", ca, "--infile", file]);
  assert.equal(gnutls.code, 0, gnutls.text);
  assert.match(gnutls.text, /Verified/);
});

test("GnuTLS refuses the revoked device", async (t) => {
  const { authority } = await createDevices();
  const lost = await issueOne(authority, { profile: "device", name: "lost" });
  const crl = await signCrl(authority, [revokedRecord(lost)]);
  const folder = temporaryFolder(t);
  const [ca, chain, file] = [join(folder, "ca.pem"), join(folder, "chain.pem"), join(folder, "crl.pem")];
  writeFileSync(ca, encodePem("CERTIFICATE", authority.certificate));
  writeFileSync(chain, encodePem("CERTIFICATE", lost));
  writeFileSync(file, encodePem("X509 CRL", crl));
  const { code, text } = run("certtool", ["--verify", "--load-ca-certificate", ca, "--load-crl", file, "--infile", chain]);
  assert.notEqual(code, 0);
  assert.match(text, /revoked/i);
});

test("@peculiar/x509 verifies the CRL and reads its entries", async () => {
  const { authority } = await createDevices();
  const record = certificateRecord({ status: "revoked", revokedAt: new Date("2026-02-03T04:05:06Z"), reason: "superseded" });
  const crl = new x509.X509Crl(new Uint8Array(await signCrl(authority, [record])));
  const issuer = new x509.X509Certificate(new Uint8Array(authority.certificate));
  assert.ok(await crl.verify({ publicKey: issuer.publicKey }));
  const [entry] = crl.entries;
  assert.equal(entry?.serialNumber, record.serialNumber);
  assert.equal(entry?.revocationDate.toISOString(), "2026-02-03T04:05:06.000Z");
  assert.equal(entry?.reason, x509.X509CrlReason.superseded);
});

test("an empty CRL is read by all three, and has no list at all", async (t) => {
  const { authority } = await createDevices();
  const crl = await signCrl(authority, []);
  const file = join(temporaryFolder(t), "crl.pem");
  writeFileSync(file, encodePem("X509 CRL", crl));
  assert.match(run("openssl", ["crl", "-in", file, "-noout", "-text"]).text, /No Revoked Certificates/);
  assert.match(run("certtool", ["--crl-info", "--infile", file]).text, /No revoked certificates/i);
  assert.equal(new x509.X509Crl(new Uint8Array(crl)).entries.length, 0);
});
