import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { stat } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, call, connect } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import {
  GetCertificateRequest,
  ListCertificatesRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { readCrl } from "../../services/ca/authority/crl.js";
import { issueDevice } from "../support/operator.js";
import { startServe, type TestServe } from "../support/serve.js";

const ROUNDS = 50;
const CLIENTS = 8;
/** A kill comes somewhere in this time after the first revocation that this life has answered. */
const LONGEST_REST_MILLIS = 250;

/** What is killed here is the CA: that the enrolment service ends and comes again with it has tests of its own. */
const CA_ALONE = { LATCHKEY_ENROLLMENT_ENABLED: "false" };

let house: TestServe;
before(async () => {
  house = await startServe();
  await house.end("SIGTERM");
});
after(() => house.remove());

/** What clients have asked and heard over all lives of the CA. What was answered must be there for ever. */
interface Account {
  readonly issued: Set<string>;
  /** Answered or not: a kill may have come between. */
  readonly revocationsAsked: Set<string>;
  /** With the CRL number that the answer named. */
  readonly revoked: Map<string, bigint>;
}

/** One life of the CA, from its start to its kill. */
interface Life {
  isOver: boolean;
  revocationAnswered(): void;
}

/** Issues and revokes until the CA is killed. Throws what a call throws before that. */
async function work(connection: Connection, name: string, account: Account, life: Life): Promise<void> {
  try {
    for (let at = 0; ; at++) {
      const { serialNumber } = await issueDevice(connection, `${name} ${at}`);
      account.issued.add(serialNumber);
      if (at % 2 === 1) continue;
      account.revocationsAsked.add(serialNumber);
      const selector = { selected: { $case: "name" as const, value: certificateName(serialNumber) } };
      const { crlNumber } = await call(connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
      account.revoked.set(serialNumber, BigInt(crlNumber));
      life.revocationAnswered();
    }
  } catch (error) {
    if (!life.isOver) throw error;
  }
}

function certificateName(serialNumber: string): string {
  return `authorities/devices/certificates/${serialNumber}`;
}

async function connectAsAdmin(): Promise<Connection> {
  return connect({ ...(await readCredential(`${house.data}/operator`)), address: house.run.grpc });
}

/** The published CRL: its number, and the serial numbers on it. */
async function readPublishedCrl(): Promise<{ number: bigint; listed: Set<string> }> {
  const response = await fetch(`http://${house.run.http}/crl/devices.crl`);
  const crl = readCrl(Buffer.from(await response.arrayBuffer()));
  return { number: crl.number, listed: new Set(Array.from(crl.entries(), (entry) => entry.serialNumber as string)) };
}

/** Every answered revocation is on the CRL, and nothing that nobody wanted revoked. */
function checkCrl({ number, listed }: { number: bigint; listed: Set<string> }, account: Account): void {
  for (const [serialNumber, answered] of account.revoked) {
    assert.ok(listed.has(serialNumber), `the answered revocation of ${serialNumber} is missing`);
    assert.ok(number > answered, `CRL ${number} is not newer than CRL ${answered}, which an answer named before the kill`);
  }
  for (const serialNumber of listed) assert.ok(account.revocationsAsked.has(serialNumber), `nobody revoked ${serialNumber}`);
}

async function listDevices(connection: Connection, status: string): Promise<string[]> {
  const serialNumbers: string[] = [];
  let pageToken = "";
  do {
    const request = ListCertificatesRequest.create({ filter: `authority = devices AND status = ${status}`, pageSize: 1000, pageToken });
    const page = await call(connection.certificates, "listCertificates", request);
    serialNumbers.push(...page.certificates.map(({ serialNumber }) => serialNumber));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return serialNumbers;
}

test(`the CA is killed ${ROUNDS} times under ${CLIENTS} clients: every answered issue and revocation is there, and the CRL verifies`, {
  timeout: 560_000,
}, async () => {
  const account: Account = { issued: new Set(), revocationsAsked: new Set(), revoked: new Map() };
  let lastNumber = 0n;
  for (let round = 0; round < ROUNDS; round++) {
    await house.start(CA_ALONE);
    const crl = await readPublishedCrl();
    assert.ok(crl.number > lastNumber, "the CRL number grows over a kill");
    lastNumber = crl.number;
    checkCrl(crl, account);
    const connection = await connectAsAdmin();
    const life: Life = { isOver: false, revocationAnswered: () => {} };
    const atWork = new Promise<void>((resolve) => {
      life.revocationAnswered = resolve;
    });
    const clients = Promise.all(
      Array.from({ length: CLIENTS }, (_, client) => work(connection, `round ${round} client ${client}`, account, life)),
    );
    await Promise.race([atWork, clients]);
    await sleep(Math.random() * LONGEST_REST_MILLIS);
    life.isOver = true;
    await house.end("SIGKILL");
    connection.close();
    await clients;
  }
  await house.start();
  const crl = await readPublishedCrl();
  checkCrl(crl, account);
  const connection = await connectAsAdmin();
  const revoked = await listDevices(connection, "revoked");
  const valid = await listDevices(connection, "valid");
  assert.deepEqual(revoked.toSorted(), [...crl.listed].toSorted(), "the CRL carries what the store says, and no more");
  const all = new Set([...revoked, ...valid]);
  assert.equal(all.size, revoked.length + valid.length, "each is on one list, once");
  for (const serialNumber of account.issued) {
    assert.ok(all.has(serialNumber), `the answered certificate ${serialNumber} is missing`);
    const request = GetCertificateRequest.create({ name: certificateName(serialNumber) });
    const { certificate } = await call(connection.certificates, "getCertificate", request);
    assert.equal(certificate?.status, crl.listed.has(serialNumber) ? "revoked" : "valid", serialNumber);
  }
  connection.close();
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
