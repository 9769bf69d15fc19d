import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ClientReadableStream } from "@grpc/grpc-js";
import { type Connection, call, connect, toCallError } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import {
  HoldCertificateRequest,
  IssueCertificateRequest,
  ListCertificatesRequest,
  ReleaseCertificateRequest,
  RenewCertificateRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { CreateInvitationRequest, GetInvitationRequest, RedeemInvitationRequest } from "../../generated/latchkey/v1/invitation_service.js";
import {
  AwaitEnforcementRequest,
  type CrlDeparture,
  type CrlHeader,
  ListSubscribersRequest,
  ReportEnforcementRequest,
  RestoreRevocationsRequest,
  WatchCrlRequest,
  type WatchCrlResponse,
} from "../../generated/latchkey/v1/publication_service.js";
import { readCrl } from "../../services/ca/authority/crl.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { createOperator, issueDevice } from "../support/operator.js";
import { createTestRequest } from "../support/request.js";

let world: TestAuthority;
before(async () => {
  world = await startTestAuthority();
});
after(() => world.stop());

const byName = (value: string) => ({ selected: { $case: "deviceName" as const, value } });
const revoke = (name: string, reason = "") =>
  call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector: byName(name), reason }));

interface ReceivedCrl {
  readonly header: CrlHeader;
  readonly departures: readonly CrlDeparture[];
  readonly der: Buffer;
}

/** Subscribes as a hook does, and hands out each CRL when it is whole. */
function watch(connection: Connection, knownCrlNumber = "") {
  const stream: ClientReadableStream<WatchCrlResponse> = connection.publication.watchCrl(WatchCrlRequest.create({ knownCrlNumber }));
  const arrived: ReceivedCrl[] = [];
  let wake = () => {};
  let header: CrlHeader | undefined;
  let departures: CrlDeparture[] = [];
  let chunks: Buffer[] = [];
  stream.on("data", ({ frame }: WatchCrlResponse) => {
    const part = frame?.frame;
    if (part?.$case === "header") [header, departures, chunks] = [part.value, [], []];
    if (part?.$case === "departures") departures.push(...part.value.departures);
    if (part?.$case === "chunk") chunks.push(part.value);
    const der = Buffer.concat(chunks);
    if (header !== undefined && der.length === Number(header.sizeOctets)) {
      arrived.push({ header, departures, der });
      header = undefined;
      wake();
    }
  });
  const ended = new Promise<string>((resolve) => {
    stream.on("error", (error) => resolve(toCallError(error as never).reason));
    stream.on("end", () => resolve("ended"));
  });
  return {
    ended,
    stop: () => stream.cancel(),
    async next(): Promise<ReceivedCrl> {
      while (arrived.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return arrived.shift() as ReceivedCrl;
    },
  };
}

const serials = (der: Uint8Array) => Array.from(readCrl(der).entries(), (entry) => entry.serialNumber as string);

test("a revoked device is on the CRL whose number the answer names, and every subscriber gets it", async () => {
  const door = connect(await createOperator(world, "door-1", "nginx", ["door-1.local"]));
  const watcher = watch(door);
  const first = await watcher.next();
  const { serialNumber } = await issueDevice(world.connection, "Anna's phone");
  const answer = await revoke("Anna's phone", "keyCompromise");
  const next = await watcher.next();
  assert.deepEqual(answer.serialNumbers, [serialNumber]);
  assert.equal(next.header.crlNumber, answer.crlNumber);
  assert.ok(BigInt(answer.crlNumber) > BigInt(first.header.crlNumber));
  assert.ok(serials(next.der).includes(serialNumber));
  watcher.stop();
  door.close();
});

test("revoking twice is the same as once: the first reason stands, and the CRL number is one that carries it", async () => {
  const { serialNumber } = await issueDevice(world.connection, "twice");
  await revoke("twice", "superseded");
  const again = await revoke("twice", "keyCompromise");
  assert.deepEqual(again.serialNumbers, [serialNumber]);
  const { certificates } = await call(
    world.connection.certificates,
    "listCertificates",
    ListCertificatesRequest.create({ filter: 'device_name = "twice"' }),
  );
  assert.deepEqual(
    certificates.map(({ status, revocationReason }) => [status, revocationReason]),
    [["revoked", "superseded"]],
  );
});

test("a device's name reaches its renewed twin, a serial number just that one", async () => {
  const first = await issueDevice(world.connection, "twins");
  const { csr } = await createTestRequest();
  const name = `authorities/devices/certificates/${first.serialNumber}`;
  const second = await call(
    world.connection.certificates,
    "renewCertificate",
    RenewCertificateRequest.create({ name, csr: Buffer.from(csr) }),
  );
  assert.notEqual(second.serialNumber, first.serialNumber);
  const one = await call(
    world.connection.certificates,
    "revokeCertificate",
    RevokeCertificateRequest.create({ selector: { selected: { $case: "name", value: name } } }),
  );
  assert.deepEqual(one.serialNumbers, [first.serialNumber]);
  const all = await revoke("twins");
  assert.deepEqual(all.serialNumbers.toSorted(), [first.serialNumber, second.serialNumber].toSorted());
});

test("an owner's name reaches every device of theirs", async () => {
  const phone = await issueDevice(world.connection, "phone of B", "Berta");
  const laptop = await issueDevice(world.connection, "laptop of B", "Berta");
  const other = await issueDevice(world.connection, "phone of C", "Carl");
  const selector = { selected: { $case: "owner" as const, value: "Berta" } };
  const { serialNumbers } = await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
  assert.deepEqual(serialNumbers.toSorted(), [phone.serialNumber, laptop.serialNumber].toSorted());
  assert.ok(!serialNumbers.includes(other.serialNumber));
});

/** As the enrolment service does it, with a key of the device's own or of the service's. */
async function redeemed(deviceName: string, owner: string, renewal = false): Promise<string> {
  const { token } = await invite(deviceName, owner, renewal);
  const service = connect({ ...(await readCredential(world.ca.enrollmentFolder)), address: world.ca.grpc });
  try {
    const request = RedeemInvitationRequest.create({ token, csr: Buffer.from((await createTestRequest()).csr) });
    return (await call(service.invitations, "redeemInvitation", request)).serialNumber;
  } finally {
    service.close();
  }
}
const invite = (deviceName: string, owner: string, renewal = false) =>
  call(world.connection.invitations, "createInvitation", CreateInvitationRequest.create({ deviceName, owner, renewal }));
const revokeOf = (owner: string) =>
  call(
    world.connection.certificates,
    "revokeCertificate",
    RevokeCertificateRequest.create({ selector: { selected: { $case: "owner", value: owner } } }),
  );

test("an owner's name reaches what a device of theirs had before it was theirs, and not what it got when it was another's", async () => {
  const first = await redeemed("late owner", "");
  const second = await redeemed("late owner", "Dora", true);
  assert.deepEqual((await revokeOf("Dora")).serialNumbers.toSorted(), [first, second].toSorted());

  const ofEmil = await redeemed("handed on", "Emil");
  const ofFrida = await redeemed("handed on", "Frida", true);
  assert.deepEqual((await revokeOf("Emil")).serialNumbers, [ofEmil]);
  assert.deepEqual((await revokeOf("Frida")).serialNumbers.toSorted(), [ofEmil, ofFrida].toSorted());
});

test("an owner's name ends the invitations of devices that are not there yet", async () => {
  const { invitation } = await invite("not there yet", "Gustav");
  const { canceledInvitations, serialNumbers } = await revokeOf("Gustav");
  assert.deepEqual([canceledInvitations, serialNumbers], [["not there yet"], []]);
  const request = GetInvitationRequest.create({ name: invitation?.name ?? "" });
  assert.equal((await call(world.connection.invitations, "getInvitation", request)).invitation?.state, "canceled");
  await assert.rejects(revokeOf("Nobody at all"), { reason: "DEVICE_NOT_FOUND" });
});

test("a serial number reaches one certificate, and the answer names the holder's others", async () => {
  const first = await redeemed("renewed by itself", "");
  const second = await redeemed("renewed by itself", "", true);
  const selector = { selected: { $case: "name" as const, value: `authorities/devices/certificates/${first}` } };
  const { standingSerialNumbers } = await call(
    world.connection.certificates,
    "revokeCertificate",
    RevokeCertificateRequest.create({ selector }),
  );
  assert.deepEqual(standingSerialNumbers, [second]);
});

test("a revocation or a hold that is refused ends no invitation", async () => {
  const open = async (name: string) =>
    (await call(world.connection.invitations, "getInvitation", GetInvitationRequest.create({ name }))).invitation?.state;
  await redeemed("kept link", "");
  const { invitation } = await invite("kept link", "", true);
  await assert.rejects(revoke("kept link", "certificateHold"), { reason: "REASON_NOT_ALLOWED" });
  assert.equal(await open(invitation?.name ?? ""), "open");
  await revoke("kept link");
  const again = await invite("kept link", "");
  const hold = HoldCertificateRequest.create({ selector: byName("kept link") });
  await assert.rejects(call(world.connection.certificates, "holdCertificate", hold), { reason: "CERTIFICATE_REVOKED" });
  assert.equal(await open(again.invitation?.name ?? ""), "open");
});

test("a key that was revoked for keyCompromise gets no certificate again", async () => {
  const { csr } = await createTestRequest();
  const issue = (deviceName: string) =>
    call(world.connection.certificates, "issueCertificate", IssueCertificateRequest.create({ csr: Buffer.from(csr), deviceName }));
  await issue("leaked");
  await revoke("leaked", "keyCompromise");
  await assert.rejects(issue("leaked again"), { reason: "KEY_COMPROMISED" });
});

test("hold puts a device on the CRL, release takes it off and names it as released", async () => {
  const door = connect(await createOperator(world, "door-2", "nginx", ["door-2.local"]));
  const watcher = watch(door);
  await watcher.next();
  const { serialNumber } = await issueDevice(world.connection, "perhaps lost");
  await call(world.connection.certificates, "holdCertificate", HoldCertificateRequest.create({ selector: byName("perhaps lost") }));
  const held = await watcher.next();
  assert.ok(serials(held.der).includes(serialNumber));
  await call(world.connection.certificates, "releaseCertificate", ReleaseCertificateRequest.create({ selector: byName("perhaps lost") }));
  const released = await watcher.next();
  assert.ok(!serials(released.der).includes(serialNumber));
  assert.deepEqual(
    released.departures.map(({ serialNumber, cause }) => [serialNumber, cause]),
    [[serialNumber, "released"]],
  );
  await assert.rejects(
    call(world.connection.certificates, "releaseCertificate", ReleaseCertificateRequest.create({ selector: byName("perhaps lost") })),
    {
      reason: "CERTIFICATE_NOT_HELD",
    },
  );
  watcher.stop();
  door.close();
});

test("a subscriber that comes back is told of everything that left meanwhile", async () => {
  const credential = await createOperator(world, "door-3", "nginx", ["door-3.local"]);
  const { serialNumber } = await issueDevice(world.connection, "in and out");
  await call(world.connection.certificates, "holdCertificate", HoldCertificateRequest.create({ selector: byName("in and out") }));
  const door = connect(credential);
  const before = watch(door);
  const { header } = await before.next();
  before.stop();
  await call(world.connection.certificates, "releaseCertificate", ReleaseCertificateRequest.create({ selector: byName("in and out") }));
  await revoke("in and out");
  const after = watch(door, header.crlNumber);
  const { departures } = await after.next();
  assert.ok(departures.some((departure) => departure.serialNumber === serialNumber && departure.cause === "released"));
  after.stop();
  door.close();
});

test("a registered subscriber is waited for, connected or not, until its operator is revoked", async () => {
  const door = connect(await createOperator(world, "door-4", "nginx", ["door-4.local"]));
  const watcher = watch(door);
  const { header } = await watcher.next();
  const wait = (seconds: string) =>
    call(
      world.connection.publication,
      "awaitEnforcement",
      AwaitEnforcementRequest.create({ crlNumber: header.crlNumber, timeout: { seconds, nanos: 0 } }),
    );
  assert.ok((await wait("0")).pending.includes("door-4"));

  const waiting = wait("20");
  await call(
    door.publication,
    "reportEnforcement",
    ReportEnforcementRequest.create({ crlNumber: header.crlNumber, relyingParty: "nginx/1.22.1" }),
  );
  for (const name of ["door-1", "door-2", "door-3"]) await revoke(name);
  const { enforcedBy, pending } = await waiting;
  assert.deepEqual(pending, []);
  assert.deepEqual(
    enforcedBy.map(({ subscriber, crlNumber }) => [subscriber, crlNumber]),
    [["door-4", header.crlNumber]],
  );
  watcher.stop();
  door.close();
  await world.restart();
  const listed = await call(world.connection.publication, "listSubscribers", ListSubscribersRequest.create());
  assert.deepEqual(
    listed.subscribers.map(({ name, connected, enforcedCrlNumber }) => [name, connected, enforcedCrlNumber]),
    [["door-4", false, header.crlNumber]],
  );
  await issueDevice(world.connection, "late");
  const { crlNumber } = await revoke("late");
  const late = await call(world.connection.publication, "awaitEnforcement", AwaitEnforcementRequest.create({ crlNumber }));
  assert.deepEqual([late.enforcedBy, late.pending], [[], ["door-4"]]);
  await revoke("door-4");
  assert.deepEqual((await call(world.connection.publication, "listSubscribers", ListSubscribersRequest.create())).subscribers, []);
});

test("a revoked operator's open stream ends at once", async () => {
  const door = connect(await createOperator(world, "short-lived", "nginx", ["short.local"]));
  const watcher = watch(door);
  await watcher.next();
  await revoke("short-lived");
  assert.equal(await watcher.ended, "OPERATOR_REVOKED");
  door.close();
});

test("the CRL number only grows, over restarts too", async () => {
  const { serialNumber } = await issueDevice(world.connection, "before the restart");
  const { crlNumber } = await revoke("before the restart");
  await world.restart();
  const watcher = watch(world.connection);
  const { header, der } = await watcher.next();
  watcher.stop();
  assert.ok(BigInt(header.crlNumber) > BigInt(crlNumber));
  assert.ok(serials(der).includes(serialNumber));
});

test("a burst of revocations shares CRLs, and each answer's CRL carries its own", async () => {
  const names = Array.from({ length: 40 }, (_, at) => `burst ${at}`);
  const issued = await Promise.all(names.map((name) => issueDevice(world.connection, name)));
  const answers = await Promise.all(names.map((name) => revoke(name)));
  const crls = new Set(answers.map((answer) => answer.crlNumber));
  assert.ok(crls.size < names.length, `${crls.size} CRLs for ${names.length} revocations`);
  const watcher = watch(world.connection);
  const last = serials((await watcher.next()).der);
  watcher.stop();
  for (const { serialNumber } of issued) assert.ok(last.includes(serialNumber));
});

test("the last admin can't be revoked by mistake", async () => {
  await assert.rejects(revoke("admin"), { reason: "LAST_ADMIN" });
});

test("revocations that an older backup has forgotten come back from a CRL that this CA signed", async () => {
  const { serialNumber } = await issueDevice(world.connection, "to be forgotten");
  await revoke("to be forgotten");
  const watcher = watch(world.connection);
  const { der } = await watcher.next();
  watcher.stop();
  const other = await startTestAuthority();
  try {
    await assert.rejects(
      call(other.connection.publication, "restoreRevocations", RestoreRevocationsRequest.create({ source: { $case: "crl", value: der } })),
      { reason: "CRL_INVALID" },
    );
  } finally {
    await other.stop();
  }
  const again = await call(
    world.connection.publication,
    "restoreRevocations",
    RestoreRevocationsRequest.create({ source: { $case: "crl", value: der } }),
  );
  assert.ok(!again.serialNumbers.includes(serialNumber), "what is revoked already is not revoked again");
});

test("a hook can't report a CRL that has not been signed", async () => {
  const credential = await createOperator(world, "boaster", "nginx", ["boaster.local"]);
  const boaster = connect(credential);
  const watcher = watch(boaster);
  await watcher.next();
  const report = (crlNumber: string) => call(boaster.publication, "reportEnforcement", ReportEnforcementRequest.create({ crlNumber }));
  await assert.rejects(report("99999999999999999"), { reason: "FIELD_INVALID" });
  await issueDevice(world.connection, "Not yet revoked");
  const { crlNumber } = await revoke("Not yet revoked");
  const request = AwaitEnforcementRequest.create({ authority: "devices", crlNumber, timeout: { seconds: "0", nanos: 0 } });
  const { pending } = await call(world.connection.publication, "awaitEnforcement", request);
  assert.ok(pending.includes("boaster"));
  watcher.stop();
  boaster.close();
  await call(
    world.connection.certificates,
    "revokeCertificate",
    RevokeCertificateRequest.create({ selector: byName("boaster"), reason: "" }),
  );
});

test("a credential that renews itself in a loop is stopped, and its revocation leaves none of its certificates valid", async () => {
  const credential = await createOperator(world, "looping", "viewer");
  const looping = connect(credential);
  const renew = async () => {
    const { csr } = await createTestRequest();
    return await call(looping.certificates, "renewCertificate", RenewCertificateRequest.create({ csr: Buffer.from(csr) }));
  };
  const renewals = Promise.allSettled(Array.from({ length: 64 }, renew));
  await revoke("looping");
  const reasons = new Set((await renewals).map((one) => (one.status === "rejected" ? one.reason.reason : "renewed")));
  assert.ok(!reasons.has("INTERNAL"));
  const filter = 'device_name = "looping" AND status = "valid"';
  const { certificates } = await call(world.connection.certificates, "listCertificates", ListCertificatesRequest.create({ filter }));
  assert.deepEqual(certificates, []);
  looping.close();
});
