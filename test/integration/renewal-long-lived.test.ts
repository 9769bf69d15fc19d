import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect as connectTls, type PeerCertificate } from "node:tls";
import { type Connection, call, connect } from "../../clients/connect/connect.js";
import { type Credential, readCredential } from "../../clients/connect/credential.js";
import { createLog as createHookLog } from "../../clients/nginx/events.js";
import { runHook } from "../../clients/nginx/run.js";
import { ListCertificatesRequest, RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { issueAgedOperator, issueAgedProfileSigner } from "../support/aged-operator.js";
import { startTestAuthority } from "../support/authority.js";
import { type HouseWorld, startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";
import { catchHourly } from "../support/hourly.js";
import { freePorts, until } from "../support/nginx.js";
import { startServe, type TestServe } from "../support/serve.js";
import { openSignedProfile } from "../support/signed-profile.js";

/**
 * What runs for years renews while it runs. The CA is a process of its own, on the real clock, so that what it issues is good
 * now; the services under test are in this one, where their hourly look comes at once, on a day far ahead.
 */
let serve: TestServe;
let admin: Connection;
let folder: string;
before(async () => {
  // The same port after a restart: who is connected comes back to it.
  const [port = 0] = await freePorts(1);
  serve = await startServe(["--grpc", `127.0.0.1:${port}`]);
  folder = await mkdtemp(join(tmpdir(), "latchkey-long-lived-"));
  admin = connect(await readCredential(join(serve.data, "operator")));
});
after(async () => {
  admin.close();
  await serve.end("SIGTERM");
  await serve.remove();
  await rm(folder, { recursive: true, force: true });
});

const PAST_TWO_THIRDS_MILLIS = 300 * 24 * 3600_000;
/** How long the enrolment service lets calls under way go on over the old connection. */
const DRAIN_MILLIS = 60_000;

async function certificatesOf(name: string): Promise<string[]> {
  const filter = `authority = "operators" AND device_name = "${name}" AND status = "valid"`;
  const { certificates } = await call(admin.certificates, "listCertificates", ListCertificatesRequest.create({ filter }));
  return certificates.map(({ serialNumber }) => serialNumber);
}

/** Takes the old certificate away: who goes on after that has the new one. */
async function revokeAll(serialNumbers: readonly string[]): Promise<void> {
  for (const serialNumber of serialNumbers) {
    const selector = { selected: { $case: "name" as const, value: `authorities/operators/certificates/${serialNumber}` } };
    await call(admin.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
  }
}

function peerOf(address: string, identity: Partial<Credential> = {}): Promise<PeerCertificate> {
  const [host = "", port = ""] = address.split(":");
  const { certificate, key } = identity;
  const own = certificate === undefined || key === undefined ? {} : { cert: certificate, key };
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"], ...own }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

test("the enrolment service renews its credential and its server certificate while it runs, and goes on with the new ones", async (t) => {
  const world: HouseWorld = { ca: { grpc: serve.run.grpc, enrollmentFolder: join(serve.data, "enrollment") }, connection: admin };
  const old = await certificatesOf("enrollment");
  const time = catchHourly(t);
  const house = await startTestEnrollment(world);
  try {
    const before = await peerOf(house.service.address);
    const logged = (event: string) => house.log.some((line) => line.includes(`"${event}"`));
    // With the CA away the old ones go on, and the next look tries again.
    await serve.end("SIGTERM");
    await time.passHour(PAST_TWO_THIRDS_MILLIS);
    await until(() => logged("credential.failed"), "it is not said that the renewal failed");
    assert.equal((await peerOf(house.service.address)).serialNumber, before.serialNumber);
    await serve.start();
    await time.passHour(PAST_TWO_THIRDS_MILLIS);
    await until(() => logged("credential.renewed"), "the credential is not renewed");
    await until(
      async () => (await peerOf(house.service.address)).serialNumber !== before.serialNumber,
      "the server certificate is not renewed",
    );
    await revokeAll(old);
    time.passTimeouts(DRAIN_MILLIS);
    const { url } = await house.invite("after the renewal");
    const page = await house.ask(new URL(url).pathname, { headers: { Accept: "text/html" } });
    assert.equal(page.status, 200);
    // Nobody had asked for the root before: it is fetched over the new connection, too.
    const root = await house.ask("/ca.pem");
    assert.deepEqual([root.status, root.text.trim()], [200, house.root.trim()]);
  } finally {
    await house.stop();
  }
});

/** By whom the house signs a profile now: the certificate's serial number. */
async function signedNow(house: TestEnrollment, deviceName: string): Promise<string> {
  const { token } = await house.invite(deviceName);
  const answer = await house.enroll({ token, format: "mobileconfig" });
  assert.equal(answer.status, 201, answer.text);
  const { signer } = await openSignedProfile(answer.body, house.root);
  return signer.serialNumber.toLowerCase();
}

test("an enrolment service on a host of its own renews what signs its profiles while it runs; until then the old one signs", async (t) => {
  const credential = join(folder, "page");
  const added = await serve.latchkey("operator", "add", "page", "--role", "enrollment", "--server-name", "localhost", "--out", credential);
  assert.equal(added.code, 0, added.stderr);
  const world: HouseWorld = { ca: { grpc: serve.run.grpc, enrollmentFolder: credential }, connection: admin };
  const time = catchHourly(t);
  const house = await startTestEnrollment(world, { signProfiles: true });
  try {
    const first = await signedNow(house, "iPhone 1");
    await time.passHour(0);
    assert.equal(await signedNow(house, "iPhone 2"), first, "it is not due yet");
    const failed = () => house.log.some((line) => line.includes("renewal of what signs profiles"));
    await serve.end("SIGTERM");
    await time.passHour(PAST_TWO_THIRDS_MILLIS);
    await until(failed, "it is not said that the renewal failed");
    await serve.start();
    const { url } = await house.invite("curious");
    await until(async () => (await house.ask(new URL(url).pathname)).status === 200, "the service does not find the CA again");
    assert.equal(await signedNow(house, "iPhone 3"), first);
    await time.passHour(PAST_TWO_THIRDS_MILLIS);
    let phones = 3;
    await until(async () => (await signedNow(house, `iPhone ${++phones}`)) !== first, "it is not renewed");
  } finally {
    await house.stop();
  }
});

test("beside the CA, what signs profiles is renewed at two thirds of its life while both run, and the old one is superseded", async () => {
  const world = await startTestAuthority({ enrollment: { enabled: false, listen: "127.0.0.1:0", host: "localhost", signProfiles: true } });
  try {
    // At the start it is renewed at once.
    let aged = "";
    await world.restart(async () => {
      aged = await issueAgedProfileSigner(world, -10);
    });
    const standing = async () => {
      const filter = 'device_name = "Latchkey profile signing"';
      const { certificates } = await call(world.connection.certificates, "listCertificates", ListCertificatesRequest.create({ filter }));
      return certificates.map(({ serialNumber, status, revocationReason }) => `${serialNumber} ${status} ${revocationReason}`.trim());
    };
    const [atStart = "", old] = await standing();
    assert.match(atStart, / valid$/);
    assert.equal(old, `${aged} revoked superseded`);
    // While it runs: it is not due yet at the start, and soon it is.
    await world.restart(async () => {
      aged = await issueAgedProfileSigner(world, 8);
    });
    const house = await startTestEnrollment(world, { signProfiles: true });
    try {
      assert.equal(await signedNow(house, "iPhone 1"), aged);
      let [phones, renewed] = [1, aged];
      const isRenewed = async () => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        renewed = await signedNow(house, `iPhone ${++phones}`);
        return renewed !== aged;
      };
      // The CA looks every ten seconds, and so does the service.
      await until(isRenewed, "it is not renewed", 60_000);
      const [newest, before] = await standing();
      assert.deepEqual([newest, before], [`${renewed} valid`, `${aged} revoked superseded`]);
    } finally {
      await house.stop();
    }
  } finally {
    await world.stop();
  }
});

test("a hook that has been connected for months renews its credential, and goes on under the new one", async (t) => {
  const credential = join(folder, "door");
  const added = await serve.latchkey("operator", "add", "door", "--role", "nginx", "--server-name", "localhost", "--out", credential);
  assert.equal(added.code, 0, added.stderr);
  const old = await certificatesOf("door");
  const log: string[] = [];
  const ended = new AbortController();
  const commands = { test: "true", reload: "false", nginx: undefined, statusUrl: "http://127.0.0.1:1/latchkey-status" };
  const time = catchHourly(t);
  const running = runHook(
    { credential, dir: join(folder, "nginx"), commands, serverNames: undefined },
    createHookLog((line) => log.push(line)),
    ended.signal,
  );
  const count = (event: string) => log.filter((line) => line.includes(`"${event}"`)).length;
  try {
    await until(() => count("crl.received") === 1, "the hook gets no CRL");
    await time.passHour(PAST_TWO_THIRDS_MILLIS);
    await until(() => count("credential.renewed") === 1, `the credential is not renewed: ${log.join("")}`);
    await until(() => count("ca.connected") === 2, "the hook does not connect with the new credential");
    await revokeAll(old);
    await until(() => count("crl.received") === 2, "the hook gets no CRL over the new connection");
    assert.equal(count("ca.away"), 0);
    assert.equal((await certificatesOf("door")).length, 1);
  } finally {
    ended.abort();
    await running;
  }
});

test("the gRPC server shows its renewed certificate to new connections, without a restart; open ones go on", async (t) => {
  const world = await startTestAuthority();
  try {
    const folderOfServer = join(world.data, "server");
    const serverNames = ["localhost", "127.0.0.1", "::1"];
    const aged = { name: "server", role: "server", serverNames, folder: folderOfServer } as const;
    // At the start it is renewed at once.
    let old: Credential | undefined;
    await world.restart(async () => {
      old = await issueAgedOperator(world, aged);
    });
    const atStart = await readCredential(folderOfServer);
    assert.notEqual(atStart.key, old?.key);
    // While it runs: it is not due yet at the start, and at the next look it is.
    const time = catchHourly(t);
    await world.restart(async () => {
      old = await issueAgedOperator(world, { ...aged, dueInSeconds: 60 });
    });
    const open = connect(world.admin);
    await call(open.operations, "getStatus", {});
    const before = await peerOf(world.admin.address, world.admin);
    assert.equal((await readCredential(folderOfServer)).key, old?.key);
    const isNew = async () => (await peerOf(world.admin.address, world.admin)).serialNumber !== before.serialNumber;
    await time.passHour(90_000, () => until(isNew, "it is not renewed"));
    await call(open.operations, "getStatus", {});
    open.close();
    await call(world.connection.operations, "getStatus", {});
  } finally {
    await world.stop();
  }
});
