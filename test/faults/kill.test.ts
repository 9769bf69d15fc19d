import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { stat } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, call, connect } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import { GetCertificateRequest, RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { readCrl } from "../../services/ca/authority/crl.js";
import { issueDevice } from "../support/operator.js";
import { startServe, type TestServe } from "../support/serve.js";

const ROUNDS = 50;
const CLIENTS = 8;
/** A kill comes somewhere in this time after the first answer. */
const LONGEST_LIFE_MILLIS = 250;

let house: TestServe;
before(async () => {
  // What is killed here is the CA: the enrolment service has a test of its own.
  house = await startServe();
  await house.end("SIGTERM");
});
after(() => house.remove());

/** What was answered: it must be there for ever. */
interface Answered {
  readonly issued: Set<string>;
  readonly revoked: Map<string, bigint>;
}

/** Issues and revokes until the connection breaks, and notes what was answered. */
async function work(connection: Connection, name: string, answered: Answered): Promise<void> {
  try {
    for (let at = 0; ; at++) {
      const { serialNumber } = await issueDevice(connection, `${name} ${at}`);
      answered.issued.add(serialNumber);
      if (at % 2 === 1) continue;
      const selector = { selected: { $case: "name" as const, value: `authorities/devices/certificates/${serialNumber}` } };
      const { crlNumber } = await call(connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
      answered.revoked.set(serialNumber, BigInt(crlNumber));
    }
  } catch {
    // It was killed: what was not answered may be there or not.
  }
}

test(`the CA is killed ${ROUNDS} times under ${CLIENTS} clients: every answered issue and revocation is there, and the CRL verifies`, {
  timeout: 560_000,
}, async () => {
  const answered: Answered = { issued: new Set(), revoked: new Map() };
  let lastNumber = 0n;
  for (let round = 0; round < ROUNDS; round++) {
    await house.start();
    const credential = { ...(await readCredential(`${house.data}/operator`)), address: house.run.grpc };
    const connection = connect(credential);
    const crl = readCrl(Buffer.from(await (await fetch(`http://${house.run.http}/crl/devices.crl`)).arrayBuffer()));
    assert.ok(crl.number > lastNumber, "the CRL number grows over a kill");
    lastNumber = crl.number;
    const listed = new Set(Array.from(crl.entries(), (entry) => entry.serialNumber as string));
    for (const [serialNumber, number] of answered.revoked) {
      assert.ok(listed.has(serialNumber), `round ${round}: an answered revocation is missing`);
      assert.ok(crl.number > number);
    }
    const clients = Array.from({ length: CLIENTS }, (_, client) => work(connection, `round ${round} client ${client}`, answered));
    await sleep(40 + Math.random() * LONGEST_LIFE_MILLIS);
    await house.end("SIGKILL");
    connection.close();
    await Promise.all(clients);
  }
  await house.start();
  const connection = connect({ ...(await readCredential(`${house.data}/operator`)), address: house.run.grpc });
  for (const serialNumber of answered.issued) {
    const name = `authorities/devices/certificates/${serialNumber}`;
    const { certificate } = await call(connection.certificates, "getCertificate", GetCertificateRequest.create({ name }));
    assert.equal(certificate?.status, answered.revoked.has(serialNumber) ? "revoked" : certificate?.status);
  }
  connection.close();
  assert.ok(answered.issued.size > ROUNDS, `only ${answered.issued.size} were issued: the kills came too early to show anything`);
  assert.ok(answered.revoked.size > ROUNDS / 2);
  const verified = await house.latchkey("audit", "verify");
  assert.match(verified.stdout, /The log is whole/);
  await house.latchkey("ca", "devices", "--out", "devices.pem");
  await house.latchkey("crl", "devices", "--out", "crl.pem");
  execFileSync("openssl", ["crl", "-in", "crl.pem", "-CAfile", "devices.pem", "-noout"], { cwd: house.folder, stdio: "pipe" });
});

test("a second process on the same data says who has it, without a stack trace", async () => {
  const second = await house.latchkey(
    "serve",
    "--data",
    house.data,
    "--grpc",
    "127.0.0.1:0",
    "--http",
    "127.0.0.1:0",
    "--enroll",
    "127.0.0.1:0",
  );
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`the data folder is in use by process ${house.run.pid}`));
  assert.ok(!/^\s+at /m.test(second.stderr));
});

test("Ctrl-C stops it cleanly: exit code 0, run.json gone, and the enrolment service with it", async () => {
  const { enroll } = house.run;
  assert.equal(await house.end("SIGINT"), 0);
  await assert.rejects(stat(`${house.data}/run.json`), { code: "ENOENT" });
  const [host = "", port = ""] = enroll.split(":");
  await assert.rejects(new Promise((_resolve, reject) => connectTcp({ host, port: Number(port) }).once("error", reject)), {
    code: "ECONNREFUSED",
  });
});
