import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { call } from "../../clients/connect/connect.js";
import { ListCertificatesRequest, RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { createTestDevice, startWire, type TestDevice } from "../support/enroll-command.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";

let world: TestAuthority;
let house: TestEnrollment;
let device: TestDevice;
let port: string;
before(async () => {
  world = await startTestAuthority();
  house = await startTestEnrollment(world, { devices: { listen: "127.0.0.1:0", trustedProxies: [] } });
  device = createTestDevice(world, house);
  port = `https://localhost:${house.service.devices.split(":").at(-1)}`;
});
after(async () => {
  await house.stop();
  await world.stop();
});

/** A device that has enrolled, and its folder. */
async function enrolled(name: string): Promise<string> {
  const folder = join(device.home, name);
  const { code, stderr } = await device.enroll(await device.invite(name), ["--out", folder]);
  assert.equal(code, 0, stderr);
  return folder;
}
const certificateIn = (folder: string) => new X509Certificate(readFileSync(join(folder, "certificate.pem")));
const keyIn = (folder: string) => createPrivateKey(readFileSync(join(folder, "key.pem")));
const renew = (folder: string, ...more: string[]) =>
  device.latchkey(["enroll", "renew", folder, ...(more[0]?.startsWith("https") ? [] : [port]), ...more]);
const listed = async (name: string) => {
  const request = ListCertificatesRequest.create({ filter: `device_name = "${name}"` });
  return (await call(world.connection.certificates, "listCertificates", request)).certificates;
};

test("what docs/devices-port.md says does it without Latchkey on the device, word for word", async () => {
  const folder = await enrolled("by recipe");
  const [oldCertificate, oldKey] = [certificateIn(folder), keyIn(folder)];
  const page = readFileSync(new URL("../../../docs/devices-port.md", import.meta.url), "utf8");
  const [, recipe = ""] = /^```sh\n(.*?)^```/ms.exec(page) ?? [];
  const here = recipe.replace("https://house.lan:8445", port);
  assert.notEqual(here, recipe);
  // Not in this process: the house answers from it.
  const { stderr } = await promisify(execFile)("bash", ["-e", "-c", here], { cwd: folder });
  const fresh = certificateIn(folder);
  assert.ok(fresh.checkPrivateKey(keyIn(folder)), stderr);
  assert.ok(!fresh.checkPrivateKey(oldKey));
  assert.notEqual(fresh.serialNumber, oldCertificate.serialNumber);
  assert.equal((await listed("by recipe")).length, 2);
});

test("a laptop renews itself: a new key and its certificate, in the place of the old ones, and nothing besides", async () => {
  const folder = await enrolled("laptop");
  const [oldCertificate, oldKey] = [certificateIn(folder), keyIn(folder)];
  const { code, stdout, stderr } = await renew(folder);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Renewed laptop until \d{4}-\d\d-\d\d\./);
  const fresh = certificateIn(folder);
  assert.ok(fresh.checkPrivateKey(keyIn(folder)));
  assert.ok(!fresh.checkPrivateKey(oldKey));
  assert.notEqual(fresh.serialNumber, oldCertificate.serialNumber);
  assert.equal(statSync(join(folder, "key.pem")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder).toSorted(), ["certificate.pem", "key.pem", "root.pem"]);
  assert.deepEqual(
    (await listed("laptop")).map(({ status }) => status),
    ["valid", "valid"],
  );
  const again = await renew(folder, "--revoke-old", "--json");
  assert.equal(again.code, 0, again.stderr);
  const states = await listed("laptop");
  assert.equal(states.find(({ serialNumber }) => serialNumber === fresh.serialNumber.toLowerCase())?.revocationReason, "superseded");
  assert.equal((JSON.parse(again.stdout) as { deviceName: string }).deviceName, "laptop");
});

test("with --if-due nothing is asked before two thirds of its life are over", async () => {
  const folder = await enrolled("early");
  const before = certificateIn(folder).serialNumber;
  const { code, stdout } = await renew(folder, "--if-due");
  assert.deepEqual([code, certificateIn(folder).serialNumber], [0, before]);
  assert.match(stdout, /^Not due yet/);
});

test("an answer that is lost costs nothing: the same command again gets the same certificate", async () => {
  const folder = await enrolled("interrupted");
  let isToBreak = true;
  // The CA has renewed it; the answer does not arrive.
  const isRenewed = () => world.log.some((line) => line.includes('"certificate.renewed"') && line.includes('"interrupted"'));
  const wire = await startWire(house.service.devices, () => isToBreak && isRenewed());
  try {
    const lost = await renew(folder, `https://localhost:${wire.port}`);
    assert.notEqual(lost.code, 0);
    assert.ok(existsSync(join(folder, ".renewal-key.pem")));
    assert.ok(certificateIn(folder).checkPrivateKey(keyIn(folder)), "the old pair is whole");
    isToBreak = false;
    assert.equal((await renew(folder, `https://localhost:${wire.port}`)).code, 0);
  } finally {
    wire.close();
  }
  assert.equal((await listed("interrupted")).length, 2);
  assert.ok(certificateIn(folder).checkPrivateKey(keyIn(folder)));
  assert.ok(!existsSync(join(folder, ".renewal-key.pem")));
});

test("an answer that is lost, and revoked meanwhile, is no success: the next run says so, and the one after that begins anew", async () => {
  const folder = await enrolled("revoked meanwhile");
  let isToBreak = true;
  const isRenewed = () => world.log.some((line) => line.includes('"certificate.renewed"') && line.includes('"revoked meanwhile"'));
  const wire = await startWire(house.service.devices, () => isToBreak && isRenewed());
  try {
    assert.notEqual((await renew(folder, `https://localhost:${wire.port}`)).code, 0);
  } finally {
    isToBreak = false;
    wire.close();
  }
  const before = certificateIn(folder).serialNumber;
  const lost = (await listed("revoked meanwhile")).find(({ serialNumber }) => serialNumber !== before.toLowerCase());
  const selector = { selected: { $case: "name" as const, value: lost?.name ?? "" } };
  await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
  const refused = await renew(folder, "--json");
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  const { code, message } = JSON.parse(refused.stderr) as { code: string; message: string };
  assert.equal(code, "CERTIFICATE_REVOKED");
  assert.match(message, /is revoked/);
  assert.deepEqual([certificateIn(folder).serialNumber, existsSync(join(folder, ".renewal-key.pem"))], [before, false]);
  // The device's own certificate was not revoked: with a new key it goes on.
  assert.equal((await renew(folder)).code, 0);
  assert.ok(certificateIn(folder).checkPrivateKey(keyIn(folder)));
});

test("a run that ended between certificate and key is ended by the next", async () => {
  const folder = await enrolled("halfway");
  const old = readFileSync(join(folder, "key.pem"));
  assert.equal((await renew(folder)).code, 0);
  renameSync(join(folder, "key.pem"), join(folder, ".renewal-key.pem"));
  writeFileSync(join(folder, "key.pem"), old);
  const { code } = await renew(folder);
  assert.equal(code, 0);
  assert.ok(certificateIn(folder).checkPrivateKey(keyIn(folder)));
  assert.equal((await listed("halfway")).length, 2);
});

test("a revoked device is told so, and keeps what it has; a service that is away is exit code 3; another's port gets nothing", async () => {
  const folder = await enrolled("gone");
  const before = readFileSync(join(folder, "certificate.pem"), "utf8");
  const away = await renew(folder, "https://localhost:1", "--json");
  assert.deepEqual([away.code, (JSON.parse(away.stderr) as { code: string }).code], [3, "UNAVAILABLE"]);
  const selector = { selected: { $case: "deviceName" as const, value: "gone" } };
  await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
  const refused = await renew(folder, "--json");
  assert.deepEqual([refused.code, (JSON.parse(refused.stderr) as { code: string }).code], [1, "CERTIFICATE_REVOKED"]);
  assert.equal(readFileSync(join(folder, "certificate.pem"), "utf8"), before);
  const enrolment = await renew(folder, `https://localhost:${house.service.address.split(":").at(-1)}`, "--json");
  const { code, message } = JSON.parse(enrolment.stderr) as { code: string; message: string };
  assert.deepEqual([enrolment.code, code], [1, "SERVICE_UNKNOWN"]);
  assert.match(message, /not the devices' port.*two above the enrolment port/);
  const nonsense = await renew(folder, "https://localhost:1/i/x");
  assert.equal(nonsense.code, 2);
});
