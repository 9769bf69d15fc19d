import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import { acceptCrl } from "../../../clients/nginx/accept-crl.js";
import { type Crl, isSignedBy, readCrl } from "../../../clients/nginx/crl.js";
import type { Departures } from "../../../clients/nginx/departures.js";
import { DerError, TAG } from "../../../clients/nginx/der.js";
import { fromPem } from "../../../clients/nginx/pem.js";
import { Problem, type ProblemCode } from "../../../clients/nginx/problem.js";
import { bitString, element, integer, objectIdentifier, sequence } from "../../../services/ca/authority/der/writer.js";
import { startTestAuthority, type TestAuthority } from "../../support/authority.js";
import { issueDevice } from "../../support/operator.js";
import { changeAndWait } from "../../support/revocation.js";

const NONE: Departures = new Map();
const DAY_MILLIS = 86_400_000;
let world: TestAuthority;
let foreign: TestAuthority;
let ca: X509Certificate;
let first: Crl;
let second: Crl;
let serialNumber: string;

const get = async (authority: TestAuthority, path: string) =>
  Buffer.from(await (await fetch(`http://${authority.ca.http}${path}`)).arrayBuffer());
const refuses = (code: ProblemCode, der: Uint8Array, held: Crl | undefined, now = new Date(), departed = NONE) =>
  assert.throws(
    () => acceptCrl({ der, departed }, ca, held, now),
    (error) => error instanceof Problem && error.code === code,
  );

before(async () => {
  world = await startTestAuthority();
  foreign = await startTestAuthority();
  ca = new X509Certificate(await get(world, "/ca/devices.pem"));
  first = readCrl(await get(world, "/crl/devices.crl"));
  ({ serialNumber } = await issueDevice(world.connection, "phone"));
  await changeAndWait(world.connection, "revokeCertificate", "phone", 0);
  second = readCrl(fromPem("X509 CRL", (await get(world, "/crl/devices.pem")).toString())[0]);
});
after(async () => {
  await world.stop();
  await foreign.stop();
});

test("a CRL of the pinned CA is read by code of the hook's own, and accepted", () => {
  assert.equal(second.serialNumbers.size, 1);
  assert.ok(second.serialNumbers.has(Buffer.from(serialNumber, "hex")));
  assert.ok(second.number > first.number);
  assert.ok(isSignedBy(second, ca));
  assert.equal(acceptCrl({ der: second.der, departed: NONE }, ca, first, new Date()).number, second.number);
  assert.equal(acceptCrl({ der: second.der, departed: NONE }, ca, second, new Date()).number, second.number);
});

test("a CRL with any octet changed is refused", () => {
  for (let at = 0; at < second.der.length; at += 1) {
    const changed = Uint8Array.from(second.der);
    changed[at] = (changed[at] ?? 0) ^ 0x01;
    assert.throws(() => acceptCrl({ der: changed, departed: NONE }, ca, undefined, new Date()), Problem, `octet ${at}`);
  }
});

test("a CRL cut short, or with octets after it, is corrupt", () => {
  for (const der of [second.der.subarray(0, -1), second.der.subarray(0, 20), new Uint8Array(), Buffer.concat([second.der, Buffer.of(0)])]) {
    assert.throws(() => readCrl(der), DerError);
    refuses("CRL_CORRUPT", der, undefined);
  }
});

test("what is said about an unsigned date of nine megabytes is a sentence, which the CA takes in a report", () => {
  const date = element(TAG.UTC_TIME, Buffer.alloc(9_000_000, "9"));
  const ecdsa = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
  const der = sequence(sequence(integer(1), ecdsa, sequence(), date, date), ecdsa, bitString(Uint8Array.of(0)));
  assert.throws(
    () => acceptCrl({ der, departed: NONE }, ca, undefined, new Date()),
    (error) => error instanceof Problem && /"9+" is no time/.test(error.message) && error.message.length < 500,
  );
});

test("a signature of another kind than the CA's key makes is none", () => {
  const pem = execFileSync("openssl", "req -x509 -newkey ed25519 -nodes -keyout /dev/null -subj /CN=devices".split(" "), { stdio: "pipe" });
  assert.equal(isSignedBy(second, new X509Certificate(pem)), false);
  assert.equal(isSignedBy({ ...second, algorithm: "2b6570" }, ca), false);
});

test("another CA's CRL is foreign", async () => refuses("CRL_FOREIGN", await get(foreign, "/crl/devices.crl"), undefined));
test("an expired CRL is refused", () => refuses("CRL_EXPIRED", second.der, undefined, second.nextUpdate));
test("a CRL ahead of the clock waits", () =>
  refuses("CRL_NOT_YET_VALID", second.der, first, new Date(second.thisUpdate.getTime() - DAY_MILLIS)));
test("an older CRL is refused", () => refuses("CRL_OLDER", first.der, second));

test("a CRL that has forgotten a revocation is refused, with the one held; named as departed it may leave", () => {
  const held = { ...second, number: first.number - 1n };
  assert.throws(
    () => acceptCrl({ der: first.der, departed: NONE }, ca, held, new Date()),
    (error) =>
      error instanceof Problem &&
      error.code === "CRL_FORGETS_REVOCATIONS" &&
      error.message.includes(serialNumber) &&
      error.heldCrl === held.der,
  );
  assert.equal(acceptCrl({ der: first.der, departed: new Map([[serialNumber, first.number]]) }, ca, held, new Date()).number, first.number);
});

test("a serial number that had left and was revoked again may not vanish on the old account", () => {
  const held = { ...second, number: first.number - 1n };
  refuses("CRL_FORGETS_REVOCATIONS", first.der, held, new Date(), new Map([[serialNumber, held.number]]));
});

test("where a list may stand in for a CRL that has ended, one that has is taken in the place of one that is held, and never as the first", () => {
  const later = new Date(Date.now() + 400 * DAY_MILLIS);
  refuses("CRL_EXPIRED", second.der, first, later);
  assert.equal(acceptCrl({ der: second.der, departed: NONE }, ca, first, later, true).number, second.number);
  assert.throws(
    () => acceptCrl({ der: second.der, departed: NONE }, ca, undefined, later, true),
    (error) => error instanceof Problem && error.code === "CRL_EXPIRED",
  );
  assert.throws(
    () => acceptCrl({ der: first.der, departed: NONE }, ca, second, later, true),
    (error) => error instanceof Problem && error.code === "CRL_OLDER",
  );
});
