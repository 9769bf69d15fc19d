// First: @peculiar/x509 needs it.
import "reflect-metadata";

import assert from "node:assert/strict";
import { createPrivateKey, sign, webcrypto, X509Certificate } from "node:crypto";
import { type Socket, connect as tcpConnect } from "node:net";
import { after, before, test } from "node:test";
import * as x509 from "@peculiar/x509";
import { call, connect } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import {
  GetCertificateRequest,
  HoldCertificateRequest,
  ReleaseCertificateRequest,
  RenewCertificateRequest,
  ReportSightingRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";
import { DEVICES_OPENAPI } from "../../services/enrollment/devices/openapi.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { readDevicesKey } from "../support/devices-key.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";
import { createOperator, issueDevice } from "../support/operator.js";
import { askDevices, type DevicesPort, JSON_TYPE, renewalOf } from "../support/renewal.js";
import { createTestRequest } from "../support/request.js";

let world: TestAuthority;
let house: TestEnrollment;
let port: DevicesPort;

before(async () => {
  world = await startTestAuthority();
  house = await startTestEnrollment(world, { devices: { listen: "127.0.0.1:0", trustedProxies: ["127.0.0.2"] } });
  port = { port: Number(house.service.devices.split(":").at(-1)), root: house.root };
});
after(async () => {
  await house.stop();
  await world.stop();
});

type Device = Awaited<ReturnType<typeof issueDevice>>;
const issue = (name: string) => issueDevice(world.connection, name);
const nameOf = (serialNumber: string) => `authorities/devices/certificates/${serialNumber}`;
const selectorOf = (serialNumber: string) => ({ selected: { $case: "name" as const, value: nameOf(serialNumber) } });
const renew = (device: Device | undefined, body: string) =>
  askDevices(port, device, "/api/v1/renewals", { method: "POST", headers: JSON_TYPE, body });

async function standing(serialNumber: string) {
  const { certificate } = await call(
    world.connection.certificates,
    "getCertificate",
    GetCertificateRequest.create({ name: nameOf(serialNumber) }),
  );
  assert.ok(certificate);
  return certificate;
}

test("a device that comes with its certificate is told by name that it works, and the CA knows when it was seen", async () => {
  const phone = await issue("Anna's phone");
  assert.equal((await standing(phone.serialNumber)).firstSeenTime, undefined);
  const answer = await askDevices(port, phone, "/");
  assert.deepEqual([answer.status, answer.json().deviceName, answer.json().status], [200, "Anna's phone", "valid"]);
  const page = await askDevices(port, phone, "/", { headers: { Accept: "text/html", "Accept-Language": "de" } });
  assert.match(page.text, /Es klappt: Das ist Anna(’|'|&#39;)s phone/);
  const { firstSeenTime, lastSeenTime } = await standing(phone.serialNumber);
  assert.ok(firstSeenTime !== undefined && lastSeenTime !== undefined && Date.now() - firstSeenTime.getTime() < 60_000);
});

test("who shows no key, or one of another CA, is told so, and gets nothing else", async () => {
  const operator = await createOperator(world, "curious", "viewer");
  for (const identity of [undefined, operator]) {
    const answer = await askDevices(port, identity, "/");
    assert.deepEqual([answer.status, answer.json()], [403, { status: "nobody" }]);
    const page = await askDevices(port, identity, "/", { headers: { Accept: "text/html" } });
    assert.match(page.text, /Your device has shown no key/);
    const body = (await renewalOf({ key: operator.key, serialNumber: operator.serialNumber })).json;
    const renewal = await askDevices(port, identity, "/api/v1/renewals", { method: "POST", headers: JSON_TYPE, body });
    assert.deepEqual([renewal.status, renewal.json().code], [403, "CERTIFICATE_REQUIRED"]);
  }
});

test("a device that is held or revoked is told so, and is not renewed", async () => {
  const phone = await issue("tablet");
  const { json } = await renewalOf(phone);
  await call(world.connection.certificates, "holdCertificate", HoldCertificateRequest.create({ selector: selectorOf(phone.serialNumber) }));
  assert.equal((await askDevices(port, phone, "/")).json().status, "held");
  assert.equal((await standing(phone.serialNumber)).lastSeenTime, undefined, "a visit that was refused is not seen");
  assert.equal((await renew(phone, json)).json().code, "CERTIFICATE_REVOKED");
  await call(
    world.connection.certificates,
    "releaseCertificate",
    ReleaseCertificateRequest.create({ selector: selectorOf(phone.serialNumber) }),
  );
  assert.equal((await askDevices(port, phone, "/")).json().status, "valid");
  assert.ok((await standing(phone.serialNumber)).lastSeenTime, "one that was let in is");
  await call(
    world.connection.certificates,
    "revokeCertificate",
    RevokeCertificateRequest.create({ selector: selectorOf(phone.serialNumber) }),
  );
  assert.deepEqual([(await askDevices(port, phone, "/")).status, (await askDevices(port, phone, "/")).json().status], [403, "revoked"]);
  const refused = await renew(phone, json);
  assert.deepEqual([refused.status, refused.json().code], [403, "CERTIFICATE_REVOKED"]);
});

test("a device whose certificate has ended is told so, and is not renewed", async () => {
  const { keyPem, publicKey } = await createTestRequest();
  const ended = await endedCertificate(publicKey);
  const answer = await askDevices(port, { certificate: ended, key: keyPem }, "/");
  assert.deepEqual([answer.status, answer.json()], [403, { status: "expired" }]);
  const { json } = await renewalOf({ key: keyPem, serialNumber: new X509Certificate(ended).serialNumber.toLowerCase() });
  assert.equal((await renew({ certificate: ended, key: keyPem, serialNumber: "" }, json)).json().code, "CERTIFICATE_EXPIRED");
});

/** A certificate that the devices CA could have signed two years ago. */
async function endedCertificate(publicKey: Uint8Array): Promise<string> {
  const { anchors } = await call(world.connection.publication, "getTrustBundle", GetTrustBundleRequest.create());
  const ca = new x509.X509Certificate(anchors.find(({ authority }) => authority === "devices")?.certificate ?? "");
  const pkcs8 = (await readDevicesKey(world)).export({ format: "der", type: "pkcs8" });
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const day = (days: number) => new Date(Date.now() + days * 86_400_000);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: "0102030405060708",
    subject: "CN=long ago",
    issuer: ca.subject,
    notBefore: day(-700),
    notAfter: day(-1),
    publicKey: await webcrypto.subtle.importKey("spki", publicKey, algorithm, true, ["verify"]),
    signingKey: await webcrypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]),
    signingAlgorithm: algorithm,
    extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
  } as Parameters<typeof x509.X509CertificateGenerator.create>[0]);
  return certificate.toString("pem");
}

test("a device renews itself: same device, new key, and the old certificate goes on until its end", async () => {
  const phone = await issue("laptop");
  const next = await renewalOf(phone);
  const answer = await renew(phone, next.json);
  assert.equal(answer.status, 201, answer.text);
  const { serialNumber, certificateChain } = answer.json<{ serialNumber: string; certificateChain: string }>();
  const renewed = new X509Certificate(certificateChain);
  assert.ok(renewed.checkPrivateKey(next.key));
  const [before, now] = [await standing(phone.serialNumber), await standing(serialNumber)];
  assert.deepEqual([now.deviceName, now.deviceId, now.status, before.status], ["laptop", before.deviceId, "valid", "valid"]);
  const again = await renew(phone, next.json);
  assert.deepEqual([again.status, again.json().serialNumber], [201, serialNumber], "the same wish, sent again, gets the same answer");
  const device = { certificate: certificateChain, key: next.keyPem };
  assert.equal((await askDevices(port, device, "/")).json().status, "valid");
});

test("with revokeOld the old certificate is superseded at once", async () => {
  const phone = await issue("watch");
  const { json } = await renewalOf(phone);
  const unsigned = await renew(phone, JSON.stringify({ ...JSON.parse(json), revokeOld: true }));
  assert.equal(unsigned.json().code, "PROOF_WRONG", "that the old one is to be revoked must be signed, too");
  const answer = await renew(phone, (await renewalOf(phone, true)).json);
  assert.equal(answer.status, 201, answer.text);
  const old = await standing(phone.serialNumber);
  assert.deepEqual([old.status, old.revocationReason], ["revoked", "superseded"]);
});

test("a device that is held can't make a revocation of its hold", async () => {
  const phone = await issue("on hold");
  const keep = await renewalOf(phone);
  assert.equal((await renew(phone, keep.json)).status, 201);
  await call(world.connection.certificates, "holdCertificate", HoldCertificateRequest.create({ selector: selectorOf(phone.serialNumber) }));
  const words = `latchkey renewal v1\0${phone.serialNumber}\0revoke\0`;
  const signature = sign("sha256", Buffer.concat([Buffer.from(words), keep.publicKey]), createPrivateKey(phone.key)).toString("base64");
  await renew(phone, JSON.stringify({ csr: Buffer.from(keep.csr).toString("base64"), signature, revokeOld: true }));
  assert.equal((await standing(phone.serialNumber)).status, "held");
});

test("a signature by another key, for another certificate, or over another key renews nothing", async () => {
  const [mine, theirs] = [await issue("mine"), await issue("theirs")];
  const next = await createTestRequest();
  const signed = (key: string, message: Uint8Array) =>
    JSON.stringify({
      csr: Buffer.from(next.csr).toString("base64"),
      signature: sign("sha256", message, createPrivateKey(key)).toString("base64"),
    });
  const message = (serialNumber: string, publicKey = next.publicKey) =>
    Buffer.concat([Buffer.from(`latchkey renewal v1\0${serialNumber}\0keep\0`), publicKey]);
  const other = await createTestRequest();
  for (const body of [
    signed(next.keyPem, message(mine.serialNumber)),
    signed(theirs.key, message(mine.serialNumber)),
    signed(mine.key, message(theirs.serialNumber)),
    signed(mine.key, message(mine.serialNumber, other.publicKey)),
    signed(mine.key, next.publicKey),
  ]) {
    const answer = await renew(mine, body);
    assert.deepEqual([answer.status, answer.json().code], [403, "PROOF_WRONG"]);
  }
  const valid = JSON.parse((await renewalOf(mine)).json) as { csr: string; signature: string };
  for (const [body, code] of [
    [JSON.stringify({ csr: valid.csr }), "FIELD_INVALID"],
    [JSON.stringify({ ...valid, csr: "AAAA" }), "CSR_MALFORMED"],
    [JSON.stringify({ ...valid, signature: "" }), "FIELD_INVALID"],
    [JSON.stringify({ ...valid, revokeOld: "yes" }), "FIELD_INVALID"],
    ["{", "FIELD_INVALID"],
    [JSON.stringify({ ...valid, csr: "A".repeat(100_000) }), "MESSAGE_TOO_LARGE"],
  ] as const) {
    assert.equal((await renew(mine, body)).json().code, code);
  }
  const form = await askDevices(port, mine, "/api/v1/renewals", { method: "POST", headers: { "Content-Type": "text/plain" }, body: "{}" });
  assert.equal(form.status, 415);
});

test("a stolen device that renews in a loop gets five certificates, and no more for hours", async () => {
  const phone = await issue("stolen");
  for (let renewal = 0; renewal < 5; renewal++) assert.equal((await renew(phone, (await renewalOf(phone)).json)).status, 201);
  const refused = await renew(phone, (await renewalOf(phone)).json);
  assert.deepEqual([refused.status, refused.json().code], [429, "TOO_MANY_REQUESTS"]);
});

test("the enrolment service by itself can renew nobody, and learns nothing of what is no device", async () => {
  const phone = await issue("phone of another");
  const service = connect({ ...(await readCredential(world.ca.enrollmentFolder)), address: world.ca.grpc });
  try {
    const { csr } = await createTestRequest();
    const wish = RenewCertificateRequest.create({ name: nameOf(phone.serialNumber), csr: Buffer.from(csr) });
    await assert.rejects(call(service.certificates, "renewCertificate", wish), { reason: "ROLE_NOT_ALLOWED" });
    await assert.rejects(call(service.certificates, "renewCertificate", { ...wish, holderSignature: Buffer.alloc(64) }), {
      reason: "PROOF_WRONG",
    });
    const operator = await createOperator(world, "somebody", "nginx", ["door.local"]);
    const name = `authorities/operators/certificates/${operator.serialNumber}`;
    await assert.rejects(call(service.certificates, "reportSighting", ReportSightingRequest.create({ name })), {
      reason: "CERTIFICATE_NOT_FOUND",
    });
    await assert.rejects(call(service.certificates, "renewCertificate", { ...wish, name, holderSignature: Buffer.alloc(64) }), {
      reason: "ROLE_NOT_ALLOWED",
    });
  } finally {
    service.close();
  }
});

/** A connection from an address of this host, which says what it says first. */
function from(localAddress: string, first: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = tcpConnect({ host: "127.0.0.1", port: port.port, localAddress });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      socket.write(first);
      resolve(socket);
    });
  });
}

test("through a trusted proxy a device may come from anywhere, and nobody without a certificate gets a handshake", async () => {
  const phone = await issue("traveller");
  const line = "PROXY TCP4 203.0.113.9 198.51.100.1 40000 8445\r\n";
  const socket = await from("127.0.0.2", line);
  const answer = await askDevices({ ...port, socket }, phone, "/");
  assert.deepEqual([answer.status, answer.json().deviceName], [200, "traveller"]);
  await assert.rejects(askDevices({ ...port, socket: await from("127.0.0.2", line) }, undefined, "/"));
});

test("what a trusted proxy says instead of a PROXY line, or a stranger says of himself, is refused before TLS", async () => {
  const phone = await issue("patient");
  for (const first of [
    "",
    "PROXY UNKNOWN\r\n",
    "PROXY TCP4 203.0.113.9\r\n",
    "PROXY TCP4 2001:db8::1 198.51.100.1 1 2\r\n",
    "PROXY TCP4 203.0.113.9 198.51.100.1 1 65536\r\n",
    `PROXY TCP6 ${"f".repeat(120)}`,
    "GET / HTTP/1.1\r\n\r\n",
  ]) {
    await assert.rejects(askDevices({ ...port, socket: await from("127.0.0.2", first) }, phone, "/"), `was let in: ${first}`);
  }
  // Not a trusted proxy: its line is no TLS.
  await assert.rejects(askDevices({ ...port, socket: await from("127.0.0.3", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n") }, phone, "/"));
  const abroad = await startTestEnrollment(world, { lan: ["192.0.2.0/24"], devices: { listen: "127.0.0.1:0", trustedProxies: [] } });
  try {
    const strict = { port: Number(abroad.service.devices.split(":").at(-1)), root: house.root };
    await assert.rejects(askDevices(strict, phone, "/"));
  } finally {
    await abroad.stop();
  }
});

test("the description is what is served", async () => {
  const phone = await issue("reader");
  assert.deepEqual((await askDevices(port, phone, "/openapi.json")).json(), JSON.parse(JSON.stringify(DEVICES_OPENAPI)));
  for (const [path, methods] of Object.entries(DEVICES_OPENAPI.paths)) {
    for (const method of Object.keys(methods)) {
      const answer = await askDevices(port, phone, path, {
        method: method.toUpperCase(),
        headers: JSON_TYPE,
        ...(method === "post" ? { body: "{}" } : {}),
      });
      assert.notEqual(answer.status, 404, `${method} ${path}`);
    }
  }
  assert.equal((await askDevices(port, phone, "/i/AAAAAAAAAAAAAAAAAAAAAA")).status, 404, "no invitation is opened here");
});

test("the enrolment page leads to the devices' port, by the name that it was reached by", async () => {
  const { token } = await house.invite("newcomer");
  const page = await house.ask(`/i/${token}?platform=android`, { headers: { Accept: "text/html" } });
  assert.match(page.text, new RegExp(`href="https://localhost:${port.port}/\\?lang=en"`));
  const app = await house.ask(`/i/${token}?platform=iphone-app`, { headers: { Accept: "text/html" } });
  assert.doesNotMatch(app.text, new RegExp(`localhost:${port.port}`));
});

test("a port that is taken keeps nobody from enrolling: the owner is told", async () => {
  const second = await startTestEnrollment(world, { devices: { listen: `127.0.0.1:${port.port}`, trustedProxies: [] } });
  try {
    assert.equal(second.service.devices, "");
    assert.match(second.service.warning ?? "", /another program listens there.*--devices/);
    assert.equal((await second.ask("/healthz")).status, 200);
  } finally {
    await second.stop();
  }
});
