import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import {
  HoldCertificateRequest,
  ReleaseCertificateRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { readCrl } from "../../services/ca/authority/crl.js";
import { run } from "../interop/program.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { issueDevice } from "../support/operator.js";

const URL_OUTSIDE = "http://pki.example";

let world: TestAuthority;
before(async () => {
  world = await startTestAuthority({ http: { listen: "127.0.0.1:0", url: URL_OUTSIDE }, crl: { delta: true } });
});
after(() => world.stop());

const get = (name: string, init: RequestInit = {}) => fetch(`http://${world.ca.http}/crl/${name}`, init);
const octets = async (name: string) => Buffer.from(await (await get(name)).arrayBuffer());
const named = (value: string) => ({ selector: { selected: { $case: "deviceName" as const, value } } });
const textOf = (file: string) => run("openssl", ["crl", "-inform", "DER", "-in", file, "-noout", "-text"]).text;

function keep(name: string, content: string | Buffer): string {
  const path = join(world.folder, name);
  writeFileSync(path, content);
  return path;
}

test("a delta says what has changed: OpenSSL refuses with it whom the old list lets in, and lets in who was released", async () => {
  const { certificates } = world.connection;
  const serials: Record<string, string> = {};
  for (const name of ["kept", "lost", "found"]) {
    const pem = await issueDevice(world.connection, name);
    keep(`${name}.pem`, pem.certificate);
    serials[name] = pem.serialNumber;
  }
  await call(certificates, "holdCertificate", HoldCertificateRequest.create(named("found")));
  const before = await get("devices-delta.crl");
  assert.equal(before.headers.get("content-type"), "application/pkix-crl");
  const etag = before.headers.get("etag") ?? "";
  assert.equal((await get("devices-delta.crl", { headers: { "If-None-Match": etag } })).status, 304);
  const old = await octets("devices.crl");

  await call(certificates, "revokeCertificate", RevokeCertificateRequest.create(named("lost")));
  await call(certificates, "releaseCertificate", ReleaseCertificateRequest.create(named("found")));
  assert.equal((await get("devices-delta.crl", { headers: { "If-None-Match": etag } })).status, 200);
  const delta = await octets("devices-delta.crl");

  const text = textOf(keep("delta.crl", delta));
  assert.match(text, /Delta CRL Indicator: critical/);
  assert.match(text, new RegExp(`Serial Number: ${serials.lost}`, "i"));
  assert.match(text, /Remove From CRL/);
  assert.doesNotMatch(text, new RegExp(`Serial Number: ${serials.kept}`, "i"));
  const ca = keep("ca.pem", await (await fetch(`http://${world.ca.http}/ca/devices.pem`)).text());
  assert.match(
    run("openssl", ["crl", "-inform", "DER", "-in", join(world.folder, "delta.crl"), "-CAfile", ca, "-noout"]).text,
    /verify OK/,
  );

  const pem = (der: Buffer) => run("openssl", ["crl", "-inform", "DER", "-in", keep("one.crl", der)]).text;
  const both = keep("both.pem", pem(old) + pem(delta));
  const alone = keep("old.pem", pem(old));
  const verify = (name: string, crls: string, flags: string[]) =>
    run("openssl", ["verify", "-crl_check", ...flags, "-CAfile", ca, "-CRLfile", crls, join(world.folder, `${name}.pem`)]).text;
  assert.match(verify("lost", alone, []), /: OK/, "the old list alone lets it in");
  const withDelta = ["-extended_crl", "-use_deltas"];
  assert.match(verify("lost", both, withDelta), /certificate revoked/);
  assert.match(verify("kept", both, withDelta), /: OK/);
  assert.match(verify("found", both, withDelta), /: OK/);
  assert.match(verify("found", alone, withDelta), /certificate revoked/);
});

test("the full CRL names its delta, and a start begins with the CRL that it finds", async () => {
  const whole = await octets("devices.crl");
  assert.match(textOf(keep("whole.crl", whole)), /Freshest CRL:[\s\S]*URI:http:\/\/pki\.example\/crl\/devices-delta\.crl/);
  await world.restart();
  await issueDevice(world.connection, "later");
  await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create(named("later")));
  const text = textOf(keep("after.crl", await octets("devices-delta.crl")));
  assert.equal(text.match(/Serial Number/g)?.length, 1, text);
  assert.ok(readCrl(await octets("devices.crl")).number > readCrl(whole).number);
  assert.match(await (await get("operators-delta.pem")).text(), /BEGIN X509 CRL/);
});

test("many that ask for it at once get one and the same", async () => {
  await issueDevice(world.connection, "more");
  await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create(named("more")));
  const answers = await Promise.all(Array.from({ length: 20 }, () => octets("devices-delta.crl")));
  assert.equal(new Set(answers.map((one) => one.toString("hex"))).size, 1);
});

test("without the setting there is none, and the full CRL names none", async () => {
  const plain = await startTestAuthority({ http: { listen: "127.0.0.1:0", url: URL_OUTSIDE } });
  try {
    assert.equal((await fetch(`http://${plain.ca.http}/crl/devices-delta.crl`)).status, 404);
    const whole = Buffer.from(await (await fetch(`http://${plain.ca.http}/crl/devices.crl`)).arrayBuffer());
    assert.ok(!whole.includes(Buffer.from("0603551d2e", "hex")));
  } finally {
    await plain.stop();
  }
});
