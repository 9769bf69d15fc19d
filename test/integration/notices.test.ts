import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { auditRecords } from "../../clients/cli/audit-records.js";
import { call } from "../../clients/connect/connect.js";
import {
  HoldCertificateRequest,
  ListCertificatesRequest,
  ReleaseCertificateRequest,
  RenewCertificateRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { GetStatusRequest, TestNoticesRequest } from "../../generated/latchkey/v1/operations_service.js";
import { DAY_MILLIS, HOOK_PATH, type NoticesWorld, startNoticesWorld } from "../support/notices.js";
import { issueDevice } from "../support/operator.js";
import { createTestRequest } from "../support/request.js";
import { selfSigned } from "../support/self-signed.js";
import { isSignedBy } from "../support/webhook-receiver.js";

const selector = (name: string) => ({ selected: { $case: "deviceName" as const, value: name } });
const certificates = ({ ca }: NoticesWorld) => ca.connection.certificates;

async function audit({ ca }: NoticesWorld): Promise<{ event: string; fields: string }[]> {
  const found: { event: string; fields: string }[] = [];
  for await (const { event, fieldsJson } of auditRecords(ca.connection, "0", false)) found.push({ event, fields: fieldsJson });
  return found;
}

test("a notice comes once by each channel, signed, over ten restarts", async (t) => {
  const world = await startNoticesWorld(t);
  const { serialNumber } = await issueDevice(world.ca.connection, "Anna's phone", "Anna");
  await world.restartOn(39.9);
  assert.deepEqual(world.hookIds(), []);
  for (let restart = 0; restart < 10; restart++) await world.restartOn(40.1 + restart);
  assert.deepEqual(world.hookIds(), [`expiring_${serialNumber}_60_webhook`]);
  assert.deepEqual(world.subjects(), [`The certificate of "Anna's phone" ends in 60 days`]);

  const [request] = world.hook.received;
  assert.ok(request !== undefined && isSignedBy(world.secret, request));
  assert.ok(!isSignedBy(`whsec_${Buffer.alloc(32).toString("base64")}`, request));
  assert.ok(!isSignedBy(world.secret, { ...request, body: request.body.replace("Anna", "Bert") }));
  assert.equal(request.path, HOOK_PATH);
  const { type, timestamp, data } = JSON.parse(request.body);
  assert.equal(type, "certificate.expiring");
  assert.equal(Math.floor(Date.parse(timestamp) / 1000), Number(request.headers["webhook-timestamp"]));
  const { deviceId, notAfter, ...rest } = data;
  assert.deepEqual(rest, { deviceName: "Anna's phone", owner: "Anna", serialNumber, daysLeft: 60 });
  assert.match(deviceId, /^[0-9a-f-]{36}$/);
  assert.ok(Math.abs((Date.parse(notAfter) - Date.parse(timestamp)) / DAY_MILLIS - 59.9) < 0.1);

  const events = (await audit(world)).map(({ event }) => event).filter((event) => event.startsWith("notice."));
  assert.deepEqual(events.toSorted(), ["notice.delivered", "notice.delivered", "notice.due"]);
});

test("each of the five thresholds is told once, and a CA that was away over several tells the most urgent alone", async (t) => {
  const world = await startNoticesWorld(t);
  const { serialNumber } = await issueDevice(world.ca.connection, "Laptop");
  for (const day of [30, 41, 69, 71, 85, 87, 92, 94, 98.5, 99.5, 100.5, 130]) await world.restartOn(day);
  const ids = (days: number[]) => days.map((one) => `expiring_${serialNumber}_${one}_webhook`);
  assert.deepEqual(world.hookIds(), ids([60, 30, 14, 7, 1]));
  assert.deepEqual(
    world.subjects().map((subject) => /in (.*)$/.exec(subject)?.[1]),
    ["59 days", "29 days", "13 days", "6 days", "1 day"],
  );
});

test("a CA that was down for weeks tells the most urgent threshold, not five", async (t) => {
  const world = await startNoticesWorld(t);
  const { serialNumber } = await issueDevice(world.ca.connection, "Tablet");
  await world.restartOn(95);
  await world.restartOn(96);
  assert.deepEqual(world.hookIds(), [`expiring_${serialNumber}_7_webhook`]);
});

test("a device that was renewed, held or revoked gets none; one that is released does", async (t) => {
  const world = await startNoticesWorld(t);
  for (const name of ["renewed", "held", "revoked", "released"]) await issueDevice(world.ca.connection, name);
  await world.restartOn(20);
  const { csr } = await createTestRequest();
  const { serialNumber } = await issueDevice(world.ca.connection, "untouched");
  const name = await nameOf(world, "renewed");
  await call(certificates(world), "renewCertificate", RenewCertificateRequest.create({ name, csr: Buffer.from(csr) }));
  for (const held of ["held", "released"]) {
    await call(certificates(world), "holdCertificate", HoldCertificateRequest.create({ selector: selector(held) }));
  }
  await call(certificates(world), "revokeCertificate", RevokeCertificateRequest.create({ selector: selector("revoked") }));
  await world.restartOn(45);
  assert.deepEqual(world.subjects(), []);
  await call(certificates(world), "releaseCertificate", ReleaseCertificateRequest.create({ selector: selector("released") }));
  await world.restartOn(46);
  assert.deepEqual(world.subjects(), ['The certificate of "released" ends in 54 days']);
  // The renewed one's new certificate, and the one that was issued on the same day, when it is their time.
  await world.restartOn(61);
  assert.deepEqual(world.subjects().slice(1).toSorted(), [
    'The certificate of "renewed" ends in 59 days',
    'The certificate of "untouched" ends in 59 days',
  ]);
  assert.ok(world.hookIds().includes(`expiring_${serialNumber}_60_webhook`));
});

async function nameOf(world: NoticesWorld, deviceName: string): Promise<string> {
  const request = ListCertificatesRequest.create({ filter: `device_name = "${deviceName}"`, pageSize: 1 });
  const { certificates: found } = await call(certificates(world), "listCertificates", request);
  return found[0]?.name ?? "";
}

test("a receiver that is down gets the notice once when it is up again, at the time that was set before the restart", async (t) => {
  const world = await startNoticesWorld(t);
  const { serialNumber } = await issueDevice(world.ca.connection, "Anna's phone");
  await world.hook.down();
  await world.restartOn(40.1);
  assert.match(world.warnings().join(), /NOTICES_DELAYED Notices by webhook to 127\.0\.0\.1:\d+ do not get through.*nothing listens/);
  await world.hook.up();
  // Ten seconds later it is not tried yet, however often the CA is started.
  for (const seconds of [5, 10]) await world.restartOn(40.1 + seconds / 86_400);
  assert.deepEqual(world.hookIds(), []);
  for (const seconds of [40, 60, 600]) await world.restartOn(40.1 + seconds / 86_400);
  assert.deepEqual(world.hookIds(), [`expiring_${serialNumber}_60_webhook`]);
  assert.deepEqual(
    world.warnings().filter((one) => one.startsWith("NOTICES")),
    [],
  );
  // The mail was never held up by it.
  assert.equal(world.mail.mails.length, 1);
});

test("what waits is withdrawn when the device is renewed meanwhile", async (t) => {
  const world = await startNoticesWorld(t);
  await issueDevice(world.ca.connection, "Anna's phone");
  world.hook.answer = 503;
  world.mail.refuses = 451;
  await world.restartOn(40.1);
  assert.equal(world.hook.received.length, 1);
  const { csr } = await createTestRequest();
  const name = await nameOf(world, "Anna's phone");
  await call(certificates(world), "renewCertificate", RenewCertificateRequest.create({ name, csr: Buffer.from(csr) }));
  await world.restartOn(40.2);
  assert.deepEqual([world.hook.received.length, world.mail.mails.length], [1, 0]);
  assert.deepEqual(
    world.warnings().filter((one) => one.startsWith("NOTICES")),
    [],
  );
  assert.equal((await audit(world)).filter(({ event }) => event === "notice.withdrawn").length, 2);
});

test("what is given up after a day stands in the status, and is sent when a test gets through; no secret is told anywhere", async (t) => {
  const world = await startNoticesWorld(t, selfSigned());
  const { serialNumber } = await issueDevice(world.ca.connection, "Anna's phone");
  world.hook.answer = 418;
  world.mail.refuses = 550;
  // The CA runs on; its clock goes on four hours and more at a time, and each try is as if its timer had rung.
  await world.restartOn(40.1);
  for (let hours = 5; hours <= 75; hours += 5) {
    mock.timers.setTime(Date.now() + 5 * 3600_000);
    await world.ca.ca.runNotices();
  }
  assert.equal(world.hook.received.length, 15);
  assert.equal(new Set(world.hookIds()).size, 1, "every try has the same id");
  const status = async () => {
    const { warnings } = await call(world.ca.connection.operations, "getStatus", GetStatusRequest.create());
    return warnings.filter(({ code }) => code.startsWith("NOTICES")).map(({ code, message }) => `${code} ${message}`);
  };
  const [byWebhook = "", byMail = "", ...others] = await status();
  assert.match(
    byWebhook,
    /^NOTICES_UNDELIVERED A notice of expiring certificates \("Anna's phone"\) could not be delivered by webhook to 127\.0\.0\.1:\d+ within a day: it answered HTTP 418\. Mend it, then `latchkey notice test`/,
  );
  assert.match(byMail, /^NOTICES_UNDELIVERED .* by e-mail to 127\.0\.0\.1:\d+ within a day: the mail server answered 550 to DATA\./);
  assert.deepEqual(others, []);
  assert.equal((await audit(world)).filter(({ event }) => event === "notice.dead").length, 2);

  const test = () => call(world.ca.connection.operations, "testNotices", TestNoticesRequest.create(), { deadlineMillis: 30_000 });
  const failed = await test();
  assert.deepEqual(
    failed.outcomes.map(({ channel, delivered, answer }) => [channel, delivered, answer]),
    [
      ["webhook", false, "it answered HTTP 418"],
      ["email", false, "the mail server answered 550 to DATA"],
    ],
  );
  world.hook.answer = 200;
  world.mail.refuses = undefined;
  const passed = await test();
  assert.deepEqual(
    passed.outcomes.map(({ channel, delivered, answer }) => [channel, delivered, answer]),
    [
      ["webhook", true, "HTTP 200"],
      ["email", true, "taken over by the mail server"],
    ],
  );
  await world.ca.ca.runNotices();
  assert.equal(world.hookIds().at(-1), `expiring_${serialNumber}_60_webhook`);
  assert.equal(world.subjects().at(-1), `The certificate of "Anna's phone" ends in 60 days`);
  assert.deepEqual(await status(), []);

  const told = [...world.ca.log, JSON.stringify(await audit(world)), JSON.stringify([failed, passed, byWebhook, byMail])].join("\n");
  for (const secret of [world.secret, world.secret.slice(6), world.password, HOOK_PATH, "secret-path", "secret-query", "not today"]) {
    assert.ok(!told.includes(secret), `${secret} was told`);
  }
});
