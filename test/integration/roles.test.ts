import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, credentials, Metadata, type MethodDefinition, type ServiceError, status } from "@grpc/grpc-js";
import { service as health } from "grpc-health-check";
import { call, connect, toCallError } from "../../clients/connect/connect.js";
import { type Credential, readCredential } from "../../clients/connect/credential.js";
import type { CallError } from "../../clients/connect/error.js";
import {
  CertificateServiceService,
  HoldCertificateRequest,
  IssueCertificateRequest,
  ListCertificatesRequest,
  RenewCertificateRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { InvitationServiceService } from "../../generated/latchkey/v1/invitation_service.js";
import { OperationsServiceService } from "../../generated/latchkey/v1/operations_service.js";
import { PublicationServiceService } from "../../generated/latchkey/v1/publication_service.js";
import { type ClientRole, mayCall, PROFILES, ROLES } from "../../services/ca/grpc/roles.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { createOperator, issueDevice } from "../support/operator.js";
import { createTestRequest } from "../support/request.js";

interface Method {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

const reflection = ["v1", "v1alpha"].map((version) => ({
  path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
  requestStream: true,
  responseStream: true,
}));
const METHODS: readonly Method[] = [
  ...[CertificateServiceService, InvitationServiceService, PublicationServiceService, OperationsServiceService, health].flatMap((service) =>
    Object.values(service as Record<string, Method>),
  ),
  ...reflection,
];
const CLIENT_ROLES: readonly ClientRole[] = ["admin", "viewer", "nginx", "enrollment"];

let world: TestAuthority;
before(async () => {
  world = await startTestAuthority();
});
after(() => world.stop());

/** Calls a method with an empty request. Answers the refusal's reason, `OK`, or what else went wrong. */
function outcome(method: Method, credential: Pick<Credential, "ca"> & { key?: string; certificate?: string }): Promise<string> {
  const security = credentials.createSsl(
    Buffer.from(credential.ca),
    credential.key === undefined ? null : Buffer.from(credential.key),
    credential.certificate === undefined ? null : Buffer.from(credential.certificate),
    { checkServerIdentity: () => undefined },
  );
  const client = new Client(world.ca.grpc, security, { "grpc.ssl_target_name_override": "localhost", "grpc.enable_retries": 0 });
  // Whatever a method makes of an empty request, it is not a refusal of the role; but IssueCertificate asks for a device by default.
  const isIssue = method.path.endsWith("/IssueCertificate");
  const empty = () =>
    Buffer.from(isIssue ? IssueCertificateRequest.encode(IssueCertificateRequest.create({ profile: "server" })).finish() : "");
  const raw = (bytes: Buffer) => bytes;
  const options = { deadline: Date.now() + 5_000 };
  return new Promise<string>((resolve) => {
    const fail = (error: ServiceError) =>
      resolve(error.code === status.UNAVAILABLE ? "HANDSHAKE_REFUSED" : error.code === status.CANCELLED ? "OK" : toCallError(error).reason);
    if (!method.requestStream && !method.responseStream) {
      client.makeUnaryRequest(method.path, empty, raw, {}, new Metadata(), options, (error) => (error ? fail(error) : resolve("OK")));
      return;
    }
    const bidirectional = method.requestStream ? client.makeBidiStreamRequest(method.path, empty, raw, new Metadata(), options) : undefined;
    const stream = bidirectional ?? client.makeServerStreamRequest(method.path, empty, raw, {}, new Metadata(), options);
    stream.on("error", fail);
    stream.on("data", () => {
      resolve("OK");
      stream.cancel();
    });
    stream.on("end", () => resolve("OK"));
    bidirectional?.write({});
    bidirectional?.end();
  }).finally(() => client.close());
}

const REFUSED = ["ROLE_NOT_ALLOWED", "UNAUTHENTICATED", "OPERATOR_REVOKED", "HANDSHAKE_REFUSED"];

test("the table names every method that is served, and no other", () => {
  assert.deepEqual(Object.keys(ROLES).toSorted(), METHODS.map((method) => method.path).toSorted());
});

for (const role of CLIENT_ROLES) {
  test(`an operator of the role ${role} may call what the table says, and nothing else`, async () => {
    const credential = await createOperator(world, `the ${role}`, role, ["nas.local"]);
    for (const method of METHODS) {
      const result = await outcome(method, credential);
      if (mayCall(role, method.path)) assert.ok(!REFUSED.includes(result), `${role} should be allowed ${method.path}, got ${result}`);
      else assert.equal(result, "ROLE_NOT_ALLOWED", `${role} ${method.path}`);
    }
  });
}

test("reflection tells what the API has, in each of its versions, as often as it is asked", async () => {
  const { ca, key, certificate } = await createOperator(world, "explorer", "viewer");
  const security = credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(certificate));
  const client = new Client(world.ca.grpc, security, { "grpc.ssl_target_name_override": "localhost" });
  const raw = (bytes: Buffer) => bytes;
  // ServerReflectionRequest { list_services = 7 }, and { file_containing_symbol = 4 }.
  const listServices = Buffer.of(0x3a, 0);
  const symbol = Buffer.from("latchkey.v1.CertificateService");
  const fileOf = Buffer.concat([Buffer.of(0x22, symbol.length), symbol]);
  try {
    for (const { path } of reflection) {
      const stream = client.makeBidiStreamRequest(path, raw, raw, new Metadata(), { deadline: Date.now() + 20_000 });
      for (const question of [listServices, fileOf, listServices]) stream.write(question);
      stream.end();
      const [list = "", file = "", again = ""] = (await stream.toArray()).map((answer: Buffer) => answer.toString("latin1"));
      assert.ok(list.includes("latchkey.v1.OperationsService"), list);
      assert.ok(file.includes("RevokeCertificateRequest"), file);
      assert.equal(again, list);
    }
  } finally {
    client.close();
  }
});

test("without a certificate no method can be called", async () => {
  for (const method of METHODS) assert.equal(await outcome(method, { ca: world.admin.ca }), "HANDSHAKE_REFUSED", method.path);
});

test("with a device's certificate no method can be called", async () => {
  const { certificate, key } = await issueDevice(world.connection, "a phone");
  for (const method of METHODS)
    assert.equal(await outcome(method, { ca: world.admin.ca, certificate, key }), "HANDSHAKE_REFUSED", method.path);
});

test("the gRPC server's own certificate is refused as a client", async () => {
  const server = await readCredential(world.ca.operatorFolder.replace(/operator$/, "server"));
  for (const method of METHODS) assert.ok(REFUSED.includes(await outcome(method, server)), method.path);
});

test("a revoked operator can call nothing", async () => {
  const credential = await createOperator(world, "gone", "admin");
  await call(
    world.connection.certificates,
    "revokeCertificate",
    RevokeCertificateRequest.create({ selector: { selected: { $case: "deviceName", value: "gone" } } }),
  );
  for (const method of METHODS) assert.equal(await outcome(method, credential), "OPERATOR_REVOKED", method.path);
});

test("the standard health service says what serves, what is not known, and each change", async () => {
  const { key, certificate, ca } = await createOperator(world, "engine", "viewer");
  const security = credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(certificate));
  const client = new Client(world.ca.grpc, security, { "grpc.ssl_target_name_override": "localhost" });
  const { Check, Watch } = health as unknown as { [name: string]: MethodDefinition<{ service: string }, { status: string }> };
  assert.ok(Check !== undefined && Watch !== undefined);
  const ask = (service: string) =>
    new Promise<string>((resolve) =>
      client.makeUnaryRequest(Check.path, Check.requestSerialize, Check.responseDeserialize, { service }, (error, answer) =>
        resolve(error?.details ?? answer?.status ?? "nothing"),
      ),
    );
  try {
    assert.equal(await ask(""), "SERVING");
    assert.equal(await ask("latchkey.v1.CertificateService"), "SERVING");
    assert.equal(await ask("nobody"), "Health status unknown for service nobody");
    const stream = client.makeServerStreamRequest(Watch.path, Watch.requestSerialize, Watch.responseDeserialize, { service: "" });
    assert.deepEqual(await new Promise((resolve) => stream.once("data", resolve)), { status: "SERVING" });
    stream.on("error", () => {});
    stream.cancel();
  } finally {
    client.close();
  }
});

test("a revoked operator's open stream of a library's service ends at once, too", async () => {
  const { key, certificate, ca } = await createOperator(world, "watcher of health", "viewer");
  const security = credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(certificate));
  const client = new Client(world.ca.grpc, security, { "grpc.ssl_target_name_override": "localhost" });
  try {
    const raw = (bytes: Buffer) => bytes;
    const stream = client.makeServerStreamRequest("/grpc.health.v1.Health/Watch", () => Buffer.alloc(0), raw, {}, new Metadata());
    const ended = new Promise<string>((resolve) =>
      stream
        .once("error", (error: ServiceError) => resolve(toCallError(error).reason))
        .once("end", () => resolve("an end without a reason")),
    );
    await new Promise((resolve) => stream.once("data", resolve));
    const selector = { selected: { $case: "deviceName" as const, value: "watcher of health" } };
    await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
    assert.equal(await Promise.race([ended, sleep(10_000, "it goes on", { ref: false })]), "OPERATOR_REVOKED");
  } finally {
    client.close();
  }
});

/** What goes with a request by each profile, so that nothing but the role can refuse it. */
const WISHES = {
  device: { deviceName: "somebody's phone" },
  server: { serverNames: ["nas.local"] },
  operator: { deviceName: "somebody", operatorRole: "viewer" },
  "profile-signer": {},
};

for (const role of CLIENT_ROLES) {
  test(`an operator of the role ${role} gets certificates of the profiles that the table says, and of no other`, async () => {
    const connection = connect(await createOperator(world, `${role} who asks`, role, ["nas.local"]));
    try {
      const granted: string[] = [];
      for (const profile of PROFILES.admin) {
        const { csr } = await createTestRequest();
        const request = IssueCertificateRequest.create({ csr: Buffer.from(csr), profile, ...WISHES[profile] });
        const outcome = await call(connection.certificates, "issueCertificate", request).catch((error) => error);
        if (outcome instanceof Error)
          assert.equal((outcome as CallError).reason, "ROLE_NOT_ALLOWED", `${role} ${profile}: ${outcome.message}`);
        else granted.push(outcome.certificate?.profile ?? "");
      }
      assert.deepEqual(granted, PROFILES[role]);
    } finally {
      connection.close();
    }
  });
}

test("the enrolment service's role gets no name into what signs profiles, and none into a renewal of it", async () => {
  const connection = connect(await createOperator(world, "page", "enrollment", ["nas.local"]));
  const ask = async (wish: Partial<IssueCertificateRequest>, names: string[] = []) => {
    const { csr } = await createTestRequest("", names);
    const request = IssueCertificateRequest.create({ csr: Buffer.from(csr), profile: "profile-signer", ...wish });
    return await call(connection.certificates, "issueCertificate", request);
  };
  try {
    // Its own names, too: they belong into a certificate of the profile `server`.
    await assert.rejects(ask({}, ["nas.local"]), { reason: "NAME_NOT_ALLOWED" });
    await assert.rejects(ask({ serverNames: ["nas.local"] }), { reason: "FIELD_INVALID" });
    await assert.rejects(ask({ deviceName: "nas.local" }), { reason: "FIELD_INVALID" });
    await assert.rejects(ask({ operatorRole: "admin" }), { reason: "FIELD_INVALID" });
    const { certificate } = await ask({});
    assert.deepEqual([certificate?.deviceName, certificate?.serverNames, certificate?.owner], ["Latchkey profile signing", [], "page"]);
    const { csr } = await createTestRequest("", ["nas.local"]);
    const renewal = RenewCertificateRequest.create({ name: certificate?.name ?? "", csr: Buffer.from(csr) });
    await assert.rejects(call(connection.certificates, "renewCertificate", renewal), { reason: "ROLE_NOT_ALLOWED" });
    await assert.rejects(call(world.connection.certificates, "renewCertificate", renewal), { reason: "NAME_NOT_ALLOWED" });
  } finally {
    connection.close();
  }
});

test("whose revoked certificate can't be renewed is told what to do instead: nobody invites an operator or a server", async () => {
  await createOperator(world, "old door", "nginx", ["nas.local", "door.local"]);
  const { csr } = await createTestRequest("", ["nas.local"]);
  const server = IssueCertificateRequest.create({ csr: Buffer.from(csr), profile: "server", serverNames: ["nas.local"] });
  const { certificate } = await call(world.connection.certificates, "issueCertificate", server);
  const { certificates } = await call(
    world.connection.certificates,
    "listCertificates",
    ListCertificatesRequest.create({ filter: 'device_name = "old door"' }),
  );
  const remedies = [
    [certificates[0]?.name ?? "", /`latchkey operator add "old door" --role nginx --server-name nas\.local,door\.local --out FOLDER`/],
    [certificate?.name ?? "", /asks for a new one, with a new key/],
  ] as const;
  for (const [name, remedy] of remedies) {
    const selector = { selected: { $case: "name" as const, value: name } };
    const renewal = RenewCertificateRequest.create({ name, csr: Buffer.from((await createTestRequest("", ["nas.local"])).csr) });
    await call(world.connection.certificates, "holdCertificate", HoldCertificateRequest.create({ selector }));
    const held = { reason: "CERTIFICATE_REVOKED", message: /is held, and can't be renewed\. Release it first: `latchkey release / };
    await assert.rejects(call(world.connection.certificates, "renewCertificate", renewal), held);
    await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
    const revoked = { reason: "CERTIFICATE_REVOKED", message: remedy };
    await assert.rejects(call(world.connection.certificates, "renewCertificate", renewal), revoked);
  }
});

test("an operator of the role nginx gets server certificates for its own names alone", async () => {
  const connection = connect(await createOperator(world, "door", "nginx", ["nas.local"]));
  const ask = async (name: string, profile: string) => {
    const { csr } = await createTestRequest("", [name]);
    return await call(
      connection.certificates,
      "issueCertificate",
      IssueCertificateRequest.create({ csr: Buffer.from(csr), profile, deviceName: profile === "server" ? "" : name }),
    );
  };
  try {
    assert.deepEqual((await ask("nas.local", "server")).certificate?.serverNames, ["nas.local"]);
    await assert.rejects(ask("other.local", "server"), { reason: "NAME_NOT_ALLOWED" });
    await assert.rejects(ask("phone", "device"), { reason: "ROLE_NOT_ALLOWED" });
    await assert.rejects(ask("boss", "operator"), { reason: "ROLE_NOT_ALLOWED" });
    const refused = world.log
      .map((line) => JSON.parse(line))
      .filter(({ event, actor }) => event === "certificate.refused" && actor === "operator:door");
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ["NAME_NOT_ALLOWED", "ROLE_NOT_ALLOWED", "ROLE_NOT_ALLOWED"],
    );
  } finally {
    connection.close();
  }
});
