import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import {
  HoldCertificateRequest,
  ListCertificatesRequest,
  ReleaseCertificateRequest,
  RenewCertificateRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { CreateInvitationRequest } from "../../generated/latchkey/v1/invitation_service.js";
import { readCrl } from "../../services/ca/authority/crl.js";
import { issueCertificate } from "../../services/ca/workflows/issuance.js";
import { revokeCertificates } from "../../services/ca/workflows/revocation.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { createTestContext } from "../support/context.js";
import { issueDevice } from "../support/operator.js";
import { createTestRequest } from "../support/request.js";

const ROUNDS = 10;

let world: TestAuthority;
before(async () => {
  world = await startTestAuthority();
});
after(() => world.stop());

const byName = (value: string) => ({ selected: { $case: "deviceName" as const, value } });
const certificates = () => world.connection.certificates;
const revoke = (name: string) => call(certificates(), "revokeCertificate", RevokeCertificateRequest.create({ selector: byName(name) }));
const hold = (name: string) => call(certificates(), "holdCertificate", HoldCertificateRequest.create({ selector: byName(name) }));
const release = (name: string) => call(certificates(), "releaseCertificate", ReleaseCertificateRequest.create({ selector: byName(name) }));
const invite = (deviceName: string, renewal: boolean) =>
  call(world.connection.invitations, "createInvitation", CreateInvitationRequest.create({ deviceName, renewal }));
const statuses = async (name: string) => {
  const filter = `device_name = "${name}"`;
  return (await call(certificates(), "listCertificates", ListCertificatesRequest.create({ filter }))).certificates.map(
    ({ status }) => status,
  );
};

test("a renewal that races a revocation leaves no valid twin", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const name = `Racing ${round}`;
    const { serialNumber } = await issueDevice(world.connection, name);
    const { csr } = await createTestRequest();
    const renewal = RenewCertificateRequest.create({
      name: `authorities/devices/certificates/${serialNumber}`,
      csr: Buffer.from(csr),
    });
    await Promise.allSettled([revoke(name), call(certificates(), "renewCertificate", renewal)]);
    assert.deepEqual(
      (await statuses(name)).filter((status) => status !== "revoked"),
      [],
    );
  }
});

test("a release that races a hold leaves store and CRL of one mind", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const name = `Wavering ${round}`;
    const { serialNumber } = await issueDevice(world.connection, name);
    await Promise.allSettled([hold(name), release(name), hold(name), release(name)]);
    const [status] = await statuses(name);
    const response = await fetch(`http://${world.ca.http}/crl/devices.crl`);
    const onCrl = Array.from(readCrl(new Uint8Array(await response.arrayBuffer())).entries(), (entry) => entry.serialNumber as string);
    assert.equal(onCrl.includes(serialNumber), status === "held");
  }
});

test("a revocation and a hold end the device's open invitation, and say so; of a serial number alone they don't", async () => {
  const { serialNumber } = await issueDevice(world.connection, "Lost");
  await invite("Lost", true);
  const byNumber = { selected: { $case: "name" as const, value: `authorities/devices/certificates/${serialNumber}` } };
  const one = await call(certificates(), "revokeCertificate", RevokeCertificateRequest.create({ selector: byNumber }));
  assert.deepEqual(one.canceledInvitations, []);
  assert.deepEqual((await revoke("Lost")).canceledInvitations, ["Lost"]);
  assert.deepEqual((await revoke("Lost")).canceledInvitations, []);

  await issueDevice(world.connection, "Mislaid");
  await invite("Mislaid", true);
  assert.deepEqual((await hold("Mislaid")).canceledInvitations, ["Mislaid"]);
});

test("a held device is not renewed round its hold", async () => {
  await issueDevice(world.connection, "Held");
  await hold("Held");
  await assert.rejects(invite("Held", true), { reason: "CERTIFICATE_REVOKED", message: /Release it first/ });
  await release("Held");
  assert.equal((await invite("Held", true)).invitation?.state, "open");
});

test("a renewal that is asked for twice with one request_id gives one certificate", async () => {
  const { serialNumber } = await issueDevice(world.connection, "Again");
  const { csr } = await createTestRequest();
  const name = `authorities/devices/certificates/${serialNumber}`;
  const request = RenewCertificateRequest.create({ name, csr: Buffer.from(csr), requestId: "renewal-of-again" });
  const first = await call(certificates(), "renewCertificate", request);
  await world.restart();
  assert.equal((await call(certificates(), "renewCertificate", request)).serialNumber, first.serialNumber);
});

test("of administrators that are all revoked at once, one is left", async () => {
  const { context, remove } = await createTestContext();
  try {
    const names = ["one", "two", "three"];
    for (const deviceName of names) {
      const { csr } = await createTestRequest();
      const operator = { csr, profile: "operator", deviceName, owner: "", operatorRole: "admin", serverNames: [], requestId: "" } as const;
      await issueCertificate(context, undefined, operator);
    }
    const revokeOne = (name: string) =>
      revokeCertificates(context, undefined, { kind: "device", name }, "unspecified", { allowLastAdmin: false });
    const outcomes = await Promise.allSettled(names.map(revokeOne));
    const reasons = outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : "revoked"));
    assert.deepEqual(reasons.toSorted(), ["LAST_ADMIN", "revoked", "revoked"]);
  } finally {
    await remove();
  }
});
