import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { type Connection, call, connect } from "../../clients/connect/connect.js";
import { IssueCertificateRequest, ReleaseCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { CreateInvitationRequest } from "../../generated/latchkey/v1/invitation_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { until } from "../support/nginx.js";
import { issueDevice } from "../support/operator.js";
import { createTestRequest } from "../support/request.js";
import { changeAndWait } from "../support/revocation.js";

let world: TestAuthority;
before(async () => {
  world = await startTestAuthority();
});
after(() => world.stop());

const invitations = async ({ invitations }: Connection) =>
  (await call(invitations, "listInvitations", { pageSize: 1000, pageToken: "" })).invitations;
const invitation = (deviceName: string, requestId = "") => CreateInvitationRequest.create({ deviceName, requestId });

/** A wire between a client and the CA that can lose the answers, and break. */
async function breakableWire(address: string) {
  const [host = "", port = ""] = address.split(":");
  const sockets = new Set<Socket>();
  let losesAnswers = false;
  const server = createServer((near) => {
    const far = connectTcp(Number(port), host);
    near.on("data", (chunk) => far.write(chunk));
    far.on("data", (chunk) => {
      if (!losesAnswers) near.write(chunk);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("a wire without a port");
  return {
    address: `127.0.0.1:${bound.port}`,
    loseAnswers: () => {
      losesAnswers = true;
    },
    mend: () => {
      losesAnswers = false;
      for (const socket of sockets) socket.destroy();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test("a call whose connection breaks before its answer is made again, and done once", async () => {
  const wire = await breakableWire(world.admin.address);
  const client = connect({ ...world.admin, address: wire.address });
  try {
    await invitations(client);
    wire.loseAnswers();
    const answer = call(client.invitations, "createInvitation", invitation("Broken line"));
    const reached = async () => (await invitations(world.connection)).some(({ deviceName }) => deviceName === "Broken line");
    await until(reached, "the call does not reach the CA");
    wire.mend();
    const { invitation: made, token } = await answer;
    assert.match(token, /^[\w-]{22}$/);
    const found = (await invitations(world.connection)).filter(({ deviceName }) => deviceName === "Broken line");
    assert.deepEqual(
      found.map(({ name, state }) => ({ name, state })),
      [{ name: made?.name ?? "", state: "open" }],
    );
  } finally {
    client.close();
    wire.close();
  }
});

test("the same request_id gets the same answer, with the same secrets; another one makes another invitation", async () => {
  const requestId = randomUUID();
  const make = (id: string) => call(world.connection.invitations, "createInvitation", invitation("Twice", id));
  const [first, second] = await Promise.all([make(requestId), make(requestId)]);
  assert.deepEqual(second, first);
  const other = await make(randomUUID());
  assert.notEqual(other.token, first.token);
});

test("a repeated release answers as the first one did, instead of refusing", async () => {
  await issueDevice(world.connection, "Mislaid");
  await changeAndWait(world.connection, "holdCertificate", "Mislaid", 0);
  const selector = { selected: { $case: "deviceName" as const, value: "Mislaid" } };
  const release = (requestId: string) =>
    call(world.connection.certificates, "releaseCertificate", ReleaseCertificateRequest.create({ selector, requestId }));
  const requestId = randomUUID();
  const first = await release(requestId);
  assert.deepEqual(await release(requestId), first);
  await assert.rejects(release(randomUUID()), { reason: "CERTIFICATE_NOT_HELD" });
});

test("two that issue at once with one request_id get one certificate", async () => {
  const { csr } = await createTestRequest();
  const request = IssueCertificateRequest.create({ csr: Buffer.from(csr), deviceName: "At once", requestId: randomUUID() });
  const issue = () => call(world.connection.certificates, "issueCertificate", request);
  const [first, second] = await Promise.all([issue(), issue()]);
  assert.equal(second.serialNumber, first.serialNumber);
});

test("a certificate that was revoked or held since is no answer to the same request", async () => {
  const { csr } = await createTestRequest();
  const request = { csr: Buffer.from(csr), deviceName: "Stolen since", requestId: randomUUID() };
  const issue = (owner: string) =>
    call(world.connection.certificates, "issueCertificate", IssueCertificateRequest.create({ ...request, owner }));
  await issue("");
  await changeAndWait(world.connection, "holdCertificate", "Stolen since", 0);
  // Not the very same call again, which may get the very same answer for a minute: as after a restart.
  await assert.rejects(issue("Anna"), { reason: "CERTIFICATE_REVOKED", message: /is held.*latchkey release/ });
  await changeAndWait(world.connection, "revokeCertificate", "Stolen since", 0);
  await assert.rejects(issue("Anna"), { reason: "CERTIFICATE_REVOKED", message: /is revoked.*latchkey invite/ });
});

test("what failed is not remembered: the same call may succeed later", async () => {
  const requestId = randomUUID();
  await issueDevice(world.connection, "Busy name");
  const make = () => call(world.connection.invitations, "createInvitation", invitation("Busy name", requestId));
  await assert.rejects(make(), { reason: "DEVICE_NAME_TAKEN" });
  await changeAndWait(world.connection, "revokeCertificate", "Busy name", 0);
  assert.equal((await make()).invitation?.deviceName, "Busy name");
});

test("a malformed request_id is refused, and named", async () => {
  const make = call(world.connection.invitations, "createInvitation", invitation("Odd", "with a space"));
  await assert.rejects(make, { reason: "FIELD_INVALID", violations: [{ field: "request_id", description: "is malformed" }] });
});
