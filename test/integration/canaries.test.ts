import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import { type Connection, call, connect } from "../../clients/connect/connect.js";
import type { Credential } from "../../clients/connect/credential.js";
import type { FramedCrl } from "../../clients/connect/crl-frames.js";
import { watchCrl } from "../../clients/nginx/watch.js";
import {
  IssueCanaryRequest,
  IssueCertificateRequest,
  ListCertificatesRequest,
  RenewCertificateRequest,
  ReportSightingRequest,
  ReportSightingsRequest,
  RevokeCanaryRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { CreateInvitationRequest } from "../../generated/latchkey/v1/invitation_service.js";
import { type AuditRecord, GetStatusRequest, WatchAuditLogRequest } from "../../generated/latchkey/v1/operations_service.js";
import { ReportEnforcementRequest } from "../../generated/latchkey/v1/publication_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { createOperator, issueDevice } from "../support/operator.js";
import { createTestRequest } from "../support/request.js";

let world: TestAuthority;
const connections: Connection[] = [];
const credentials = new Map<Connection, Credential>();
before(async () => {
  world = await startTestAuthority();
});
after(async () => {
  for (const connection of connections) connection.close();
  await world.stop();
});

/** After a restart of the CA: it listens elsewhere. */
function again(connection: Connection): Connection {
  const credential = credentials.get(connection) ?? assert.fail("no hook's");
  const renewed = connect({ ...credential, address: world.admin.address });
  connections.push(renewed);
  return renewed;
}

/** A hook that has subscribed, and has said whether its door refuses canaries. */
async function hook(name: string, refusesCanaries: boolean): Promise<Connection> {
  const credential = await createOperator(world, name, "nginx", ["localhost"]);
  const connection = connect(credential);
  connections.push(connection);
  credentials.set(connection, credential);
  const registered = new AbortController();
  await watchCrl(connection, undefined, () => registered.abort(), registered.signal);
  await say(connection, refusesCanaries);
  return connection;
}

async function say({ publication }: Connection, refusesCanaries: boolean): Promise<void> {
  await call(publication, "reportEnforcement", ReportEnforcementRequest.create({ refusesCanaries }));
}

async function issue({ certificates }: Connection, { name = "", requestId = "" } = {}) {
  const { csr } = await createTestRequest(name);
  return await call(certificates, "issueCanary", IssueCanaryRequest.create({ csr: Buffer.from(csr), requestId }));
}

async function newestCrl(connection: Connection): Promise<FramedCrl> {
  const enough = new AbortController();
  let newest: FramedCrl | undefined;
  const keep = (crl: FramedCrl) => {
    newest = crl;
    enough.abort();
  };
  await watchCrl(connection, undefined, keep, enough.signal);
  return newest ?? assert.fail("no CRL came");
}

async function auditOf(actor: string): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const { record } of world.connection.operations.watchAuditLog(WatchAuditLogRequest.create()))
    if (record?.actor === actor) records.push(record);
  return records;
}

const revoke = ({ certificates }: Connection, name: string) => call(certificates, "revokeCanary", RevokeCanaryRequest.create({ name }));
const list = async (filter = "") =>
  (await call(world.connection.certificates, "listCertificates", ListCertificatesRequest.create({ pageSize: 1000, filter }))).certificates;
const counts = async () => (await call(world.connection.operations, "getStatus", GetStatusRequest.create())).certificates;
const serialOf = (name: string) => name.split("/").at(-1) ?? "";

test("a hook gets a canary for seven days, by a name that is no device's, and revokes it: it is on the CRL, and on no list of devices", async () => {
  const front = await hook("front", true);
  const before = await counts();
  const { name, certificateChain } = await issue(front);
  const certificate = new X509Certificate(certificateChain);
  assert.equal(certificate.subject, "CN=latchkey canary");
  assert.equal(certificate.subjectAltName, undefined);
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  const days = (new Date(certificate.validTo).getTime() - new Date(certificate.validFrom).getTime()) / 86_400_000;
  assert.ok(days > 6.99 && days <= 7, String(days));
  const { crlNumber } = await revoke(front, name);
  assert.equal((await revoke(front, name)).crlNumber, crlNumber, "twice is once");
  assert.deepEqual(await counts(), before, "it counts for no device");
  for (const filter of ["", 'authority = "devices"', 'owner = "front"', 'device_name = "latchkey canary"', 'status = "revoked"'])
    assert.ok(!(await list(filter)).some(({ profile }) => profile === "canary"), filter);
  for (const filter of ['profile = "canary"', `serial_number = "${serialOf(name)}"`])
    assert.deepEqual(
      (await list(filter)).map((one) => [one.name, one.status, one.owner]),
      [[name, "revoked", "front"]],
      filter,
    );
  const { der } = await newestCrl(front);
  assert.ok(Buffer.from(der).includes(Buffer.from(serialOf(name), "hex")), "it is on the CRL");
  const records = await auditOf("operator:front");
  assert.deepEqual(
    records
      .filter(({ event }) => event.startsWith("certificate."))
      .map(({ event, fieldsJson }) => [event, JSON.parse(fieldsJson).deviceName]),
    [
      ["certificate.issued", "latchkey canary"],
      ["certificate.revoked", undefined],
    ],
  );
});

test("no device is called what canaries are called, and no canary what a device is called", async () => {
  const front = await hook("front 2", true);
  await assert.rejects(issueDevice(world.connection, "Latchkey Canary"), { reason: "DEVICE_NAME_INVALID" });
  const invitation = CreateInvitationRequest.create({ deviceName: "latchkey canary" });
  await assert.rejects(call(world.connection.invitations, "createInvitation", invitation), { reason: "DEVICE_NAME_INVALID" });
  await assert.rejects(issue(front, { name: "CN=Anna's phone" }), { reason: "SUBJECT_NOT_ALLOWED" });
  await assert.rejects(issue(front, { name: "CN=latchkey canary, O=Bank" }), { reason: "SUBJECT_NOT_ALLOWED" });
  const { csr } = await createTestRequest();
  const asked = IssueCertificateRequest.create({ csr: Buffer.from(csr), profile: "canary" });
  await assert.rejects(call(front.certificates, "issueCertificate", asked), { reason: "PROFILE_UNKNOWN" });
  await assert.rejects(call(world.connection.certificates, "issueCertificate", asked), { reason: "PROFILE_UNKNOWN" });
});

test("a canary is no device for the enrolment service: not seen, not renewed", async () => {
  const front = await hook("front 3", true);
  const page = connect(await createOperator(world, "page", "enrollment", ["localhost"]));
  connections.push(page);
  const { name } = await issue(front);
  await assert.rejects(call(page.certificates, "reportSighting", ReportSightingRequest.create({ name })), {
    reason: "CERTIFICATE_NOT_FOUND",
  });
  await call(front.certificates, "reportSightings", ReportSightingsRequest.create({ serialNumbers: [serialOf(name)] }));
  const [canary] = await list(`serial_number = "${serialOf(name)}"`);
  assert.equal(canary?.lastSeenTime, undefined);
  const { csr } = await createTestRequest();
  const renewal = RenewCertificateRequest.create({ name, csr: Buffer.from(csr), holderSignature: Buffer.alloc(64) });
  for (const connection of [page, front, world.connection])
    await assert.rejects(call(connection.certificates, "renewCertificate", renewal), { reason: "ROLE_NOT_ALLOWED" });
});

test("a hook revokes its own canaries alone, and no device by this call; an admin revokes any of them", async () => {
  const [front, back] = [await hook("front 4", true), await hook("back 4", true)];
  const { name } = await issue(front);
  const { serialNumber } = await issueDevice(world.connection, "Anna's phone", "front 4");
  await assert.rejects(revoke(back, name), { reason: "ROLE_NOT_ALLOWED" });
  for (const connection of [front, world.connection])
    await assert.rejects(revoke(connection, `authorities/devices/certificates/${serialNumber}`), { reason: "CERTIFICATE_NOT_FOUND" });
  await assert.rejects(revoke(front, "authorities/devices/certificates/00ff"), { reason: "CERTIFICATE_NOT_FOUND" });
  await assert.rejects(revoke(front, "nonsense"), { reason: "FIELD_INVALID" });
  // Not by the owner's name either: that is a person's.
  const byOwner = RevokeCertificateRequest.create({ selector: { selected: { $case: "owner", value: "front 4" } } });
  assert.deepEqual((await call(world.connection.certificates, "revokeCertificate", byOwner)).serialNumbers, [serialNumber]);
  await revoke(world.connection, name);
});

test("the same request again gets the same canary, after a restart, too; another key under its id does not", async () => {
  const front = await hook("front 5", true);
  const { csr } = await createTestRequest();
  const request = IssueCanaryRequest.create({ csr: Buffer.from(csr), requestId: "5c9b6c9e-0000-4000-8000-000000000005" });
  const [one, other] = await Promise.all([1, 2].map(() => call(front.certificates, "issueCanary", request)));
  assert.equal(one?.name, other?.name);
  await assert.rejects(issue(front, { requestId: request.requestId }), { reason: "FIELD_INVALID" });
  await world.restart();
  assert.deepEqual(await call(again(front).certificates, "issueCanary", request), one);
});

test("of a stolen credential there are ten canaries a week and no more, however many ask at once", async () => {
  const thief = await hook("thief", true);
  const outcomes = await Promise.allSettled(Array.from({ length: 25 }, () => issue(thief)));
  const granted = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value.name] : []));
  assert.equal(granted.length, 10);
  for (const outcome of outcomes) if (outcome.status === "rejected") assert.equal(outcome.reason.reason, "TOO_MANY_REQUESTS");
  // Revoked ones count: each is an entry on the CRL until it ends.
  await revoke(thief, granted[0] ?? "");
  await assert.rejects(issue(thief), { reason: "TOO_MANY_REQUESTS" });
});

test("while one door of the CA has not said that it refuses canaries, nobody gets one", async () => {
  const front = await hook("front 6", true);
  const old = await hook("old front", false);
  await assert.rejects(issue(front), { reason: "CANARIES_NOT_REFUSED", message: /by the door of "old front"/ });
  await assert.rejects(issue(world.connection), { reason: "CANARIES_NOT_REFUSED" });
  await say(old, true);
  await issue(front);
  await world.restart();
  const [front2, old2] = [again(front), again(old)];
  await issue(front2);
  await say(old2, false);
  await assert.rejects(issue(front2), { reason: "CANARIES_NOT_REFUSED" });
});
