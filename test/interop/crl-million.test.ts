import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readCertificate } from "../../services/ca/authority/certificate.js";
import { CrlEntries, createCrlSigner } from "../../services/ca/authority/crl.js";
import { locateEntries } from "../../services/ca/authority/crl-change.js";
import { encodePem } from "../../services/ca/authority/der/pem.js";
import type { Der, SerialNumber } from "../../services/ca/authority/types.js";
import { ask } from "../support/device.js";
import { createNginx, freePorts, nginxConfiguration } from "../support/nginx.js";
import { selfSigned } from "../support/self-signed.js";
import { certificateRecord, createDevices, ecKey } from "../unit/authority/world.js";
import { issueOne } from "./issue-one.js";
import { run, temporaryFolder } from "./program.js";

const MILLION = 1_000_000;
const DAY_MILLIS = 86_400_000;

test("OpenSSL verifies a CRL with a million entries, and nginx loads it, refuses who is on it and lets the other in", async (t) => {
  const { authority } = await createDevices();
  const folder = temporaryFolder(t);
  const path = (name: string) => join(folder, name);
  const identities: Record<string, { certificate: string; key: string }> = {};
  const entries = new CrlEntries();
  const revoked = { status: "revoked", revokedAt: new Date(), reason: "unspecified" } as const;
  const one = certificateRecord(revoked);
  for (let at = 1; at < MILLION; at += 1) entries.add({ ...one, serialNumber: `4f${at.toString(16).padStart(30, "0")}` as SerialNumber });
  for (const name of ["lost", "kept"]) {
    const keys = ecKey();
    const certificate = await issueOne(authority, { profile: "device", name, csr: { keys } });
    const { serialNumber, notAfter } = readCertificate(certificate);
    if (name === "lost") entries.add(certificateRecord({ serialNumber, notAfter, ...revoked }));
    const pem = encodePem("CERTIFICATE", certificate);
    writeFileSync(path(`${name}.pem`), pem);
    identities[name] = { certificate: pem, key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
  }
  const now = Date.now();
  const { der } = await createCrlSigner(authority).sign(entries, BigInt(now), new Date(now - 300_000), new Date(now + 30 * DAY_MILLIS));
  writeFileSync(path("ca.pem"), encodePem("CERTIFICATE", authority.certificate));
  writeFileSync(path("crl.pem"), encodePem("X509 CRL", der));
  assert.equal(taken(der).size, MILLION);

  const list = run("openssl", ["crl", "-in", path("crl.pem"), "-CAfile", path("ca.pem"), "-noout"]);
  assert.match(list.text, /verify OK/);
  const verified = (name: string) =>
    run("openssl", ["verify", "-crl_check_all", "-CAfile", path("ca.pem"), "-CRLfile", path("crl.pem"), path(`${name}.pem`)]).text;
  assert.match(verified("kept"), /kept\.pem: OK/);
  assert.match(verified("lost"), /certificate revoked/);

  const nginx = await createNginx("nginx");
  t.after(() => nginx.remove());
  const [port = 0] = await freePorts(1);
  const server = selfSigned();
  writeFileSync(path("server.pem"), server.cert);
  writeFileSync(path("server.key"), server.key);
  const door = `server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${path("server.pem")};
    ssl_certificate_key ${path("server.key")};
    ssl_client_certificate ${path("ca.pem")};
    ssl_crl ${path("crl.pem")};
    ssl_verify_client on;
    location / { return 200 "in\\n"; }
  }`;
  await nginx.configure(nginxConfiguration(nginx.folder, door));
  await nginx.start();
  const status = async (name: string) => (await ask({ port, ca: server.cert, identity: identities[name] })).status;
  assert.equal(await status("kept"), 200, await nginx.errorLog());
  assert.equal(await status("lost"), 400);
  assert.match(await nginx.errorLog(), /\(23:certificate revoked\)/);
});

/** As a start of the CA takes them. */
function taken(crl: Der): CrlEntries {
  const { offset, length } = locateEntries(crl);
  return CrlEntries.of(crl.subarray(offset, offset + length)).entries;
}
