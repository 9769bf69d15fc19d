import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { readCrl } from "../../services/ca/authority/crl.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { issueDevice } from "../support/operator.js";

let world: TestAuthority;
before(async () => {
  world = await startTestAuthority();
});
after(() => world.stop());

const get = (path: string, init: RequestInit = {}) => fetch(`http://${world.ca.http}${path}`, init);

for (const authority of ["devices", "servers", "operators"]) {
  test(`the certificate of ${authority} is published in DER and PEM`, async () => {
    const der = await get(`/ca/${authority}.crt`);
    assert.equal(der.headers.get("content-type"), "application/pkix-cert");
    const pem = await get(`/ca/${authority}.pem`);
    const certificate = new X509Certificate(Buffer.from(await der.arrayBuffer()));
    assert.equal(new X509Certificate(await pem.text()).fingerprint256, certificate.fingerprint256);
    // Of `servers` it is the root: what phones trust.
    assert.ok(certificate.verify(certificate.publicKey));
  });

  test(`the CRL of ${authority} is published in DER and PEM`, async () => {
    const der = await get(`/crl/${authority}.crl`);
    assert.equal(der.headers.get("content-type"), "application/pkix-crl");
    const pem = await get(`/crl/${authority}.pem`);
    assert.equal(readCrl(Buffer.from(await der.arrayBuffer())).number, readCrl(Buffer.from(await pem.text())).number);
  });
}

test("a conditional request is answered 304 until a revocation changes the CRL", async () => {
  const first = await get("/crl/devices.crl");
  const etag = first.headers.get("etag") ?? "";
  assert.notEqual(etag, "");
  await first.arrayBuffer();
  assert.equal((await get("/crl/devices.crl", { headers: { "If-None-Match": etag } })).status, 304);
  assert.equal((await get("/crl/devices.crl", { headers: { "If-Modified-Since": first.headers.get("last-modified") ?? "" } })).status, 304);
  await issueDevice(world.connection, "phone");
  const selector = { selected: { $case: "deviceName" as const, value: "phone" } };
  await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
  assert.equal((await get("/crl/devices.crl", { headers: { "If-None-Match": etag } })).status, 200);
});

test("a cache may keep a CRL for an hour at most, and never past nextUpdate", async () => {
  const response = await get("/crl/devices.crl");
  const [, seconds] = /max-age=(\d+)/.exec(response.headers.get("cache-control") ?? "") ?? [];
  assert.ok(Number(seconds) > 0 && Number(seconds) <= 3600);
});

test("what is not published is 404, what is not read is 405, and HEAD has no body", async () => {
  for (const path of ["/", "/ca/devices.key", "/keys/devices.key", "/ca/../keys/devices.key", "/crl/unknown.crl", "/ca/devices.crl"]) {
    assert.equal((await get(path)).status, 404, path);
  }
  assert.equal((await get("/ca/devices.crt", { method: "POST" })).status, 405);
  const head = await get("/ca/devices.crt", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal((await head.arrayBuffer()).byteLength, 0);
});
