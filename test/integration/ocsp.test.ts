import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import {
  HoldCertificateRequest,
  ReleaseCertificateRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { WatchAuditLogRequest, type WatchAuditLogResponse } from "../../generated/latchkey/v1/operations_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { issueDevice } from "../support/operator.js";

/** The responder over HTTP. What it says is read by OpenSSL; that other clients take it, is `interop/ocsp.test.ts`. */

let world: TestAuthority;
let folder: string;
const file = (name: string) => join(folder, name);

before(async () => {
  world = await startTestAuthority();
  folder = mkdtempSync(join(tmpdir(), "latchkey-ocsp-"));
  for (const authority of ["devices", "servers"])
    writeFileSync(file(`${authority}.pem`), await (await fetch(`http://${world.ca.http}/ca/${authority}.pem`)).text());
});
after(async () => {
  await world.stop();
  rmSync(folder, { recursive: true });
});

const openssl = (...args: string[]) => execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** An OCSPRequest for serial numbers of an issuer. */
function request(issuer: string, serialNumbers: readonly string[], nonce = false): Buffer {
  const serials = serialNumbers.flatMap((serialNumber) => ["-serial", `0x${serialNumber}`]);
  openssl("ocsp", nonce ? "-nonce" : "-no_nonce", "-issuer", file(`${issuer}.pem`), ...serials, "-reqout", file("request"));
  return readFileSync(file("request"));
}

const OCSP_REQUEST = { "Content-Type": "application/ocsp-request" };
const post = (body: string | Buffer, headers: Record<string, string> = OCSP_REQUEST, path = "/ocsp") =>
  fetch(`http://${world.ca.http}${path}`, { method: "POST", body, headers });
const get = (octets: Uint8Array) => fetch(`http://${world.ca.http}/ocsp/${encodeURIComponent(Buffer.from(octets).toString("base64"))}`);
const octetsOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

/** What an answer says, verified. */
function read(answer: Buffer): string {
  writeFileSync(file("answer"), answer);
  return openssl("ocsp", "-respin", file("answer"), "-issuer", file("devices.pem"), "-CAfile", file("devices.pem"), "-resp_text");
}
const statusOf = (answer: Buffer) => /Cert Status: (\w+)/.exec(read(answer))?.[1];

test("an answer is good the moment before, revoked the moment after, although it was kept", async () => {
  const { serialNumber } = await issueDevice(world.connection, "phone");
  const asked = request("devices", [serialNumber]);
  const selector = { selected: { $case: "deviceName" as const, value: "phone" } };
  const first = await octetsOf(await get(asked));
  assert.equal(statusOf(first), "good");
  assert.deepEqual(await octetsOf(await get(asked)), first, "the same answer is given again, not signed again");
  await call(world.connection.certificates, "holdCertificate", HoldCertificateRequest.create({ selector }));
  assert.match(read(await octetsOf(await get(asked))), /Revocation Reason: certificateHold/);
  await call(world.connection.certificates, "releaseCertificate", ReleaseCertificateRequest.create({ selector }));
  assert.equal(statusOf(await octetsOf(await get(asked))), "good");
  await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector, reason: "superseded" }));
  assert.match(read(await octetsOf(await post(asked))), /Revocation Reason: superseded/);
});

test("what was never issued is unknown", async () => {
  const unknown = await octetsOf(await post(request("devices", ["4f0102030405060708090a0b0c0d0e0f"])));
  assert.equal(statusOf(unknown), "unknown");
});

test("what is asked by GET without a nonce may be kept until its end; nothing else may", async () => {
  const { serialNumber } = await issueDevice(world.connection, "cached");
  const kept = await get(request("devices", [serialNumber]));
  assert.equal(kept.headers.get("content-type"), "application/ocsp-response");
  const [, seconds] = /^public, max-age=(\d+), must-revalidate, no-transform$/.exec(kept.headers.get("cache-control") ?? "") ?? [];
  const end = /Next Update: (.*)/.exec(read(await octetsOf(kept)))?.[1] ?? "";
  assert.ok(Number(seconds) > 0 && Number(seconds) <= 300, seconds);
  assert.equal(new Date(kept.headers.get("expires") ?? "").getTime(), new Date(end).getTime());
  assert.ok(new Date(kept.headers.get("last-modified") ?? "").getTime() < Date.now());
  assert.match(kept.headers.get("etag") ?? "", /^"[\w-]{22}"$/);
  for (const other of [
    await get(request("devices", [serialNumber], true)),
    await post(request("devices", [serialNumber])),
    await get(Buffer.from("nonsense")),
  ]) {
    assert.equal(other.headers.get("cache-control"), "no-store");
    await other.arrayBuffer();
  }
});

test("a nonce is repeated, and two answers to one question differ", async () => {
  const { serialNumber } = await issueDevice(world.connection, "nonce");
  const asked = request("devices", [serialNumber], true);
  const [one, other] = [await octetsOf(await post(asked)), await octetsOf(await post(asked))];
  assert.match(read(one), /OCSP Nonce/);
  assert.notDeepEqual(one, other);
});

test("what can't be answered is an error of OCSP, unsigned, with the status 200", async () => {
  const { serialNumber } = await issueDevice(world.connection, "errors");
  const error = (code: number) => Buffer.from(`30030a010${code}`, "hex");
  const good = request("devices", [serialNumber]);
  assert.deepEqual(await octetsOf(await post("")), error(1));
  assert.deepEqual(await octetsOf(await post("nonsense")), error(1));
  assert.deepEqual(await octetsOf(await post(Buffer.concat([good, Buffer.of(0)]))), error(1));
  assert.deepEqual(await octetsOf(await fetch(`http://${world.ca.http}/ocsp/%zz`)), error(1));
  assert.deepEqual(await octetsOf(await fetch(`http://${world.ca.http}/ocsp`)), error(1));
  // A certificate of another CA: of the root, not of the intermediate that signs.
  assert.deepEqual(await octetsOf(await post(request("servers", [serialNumber]))), error(6));
});

test("base64 that nobody has percent-encoded, with slashes in it, is read all the same", async () => {
  const { serialNumber } = await issueDevice(world.connection, "slashes");
  let asked = request("devices", [serialNumber], true);
  for (let tries = 0; !asked.toString("base64").includes("/") && tries < 100; tries++) asked = request("devices", [serialNumber], true);
  const response = await fetch(`http://${world.ca.http}/ocsp/${asked.toString("base64")}`);
  assert.equal(statusOf(await octetsOf(response)), "good");
});

test("what is no OCSP over HTTP is refused by HTTP's own status", async () => {
  const good = request("devices", ["4f0102030405060708090a0b0c0d0e0f"]);
  const rows: [number, Response][] = [
    [415, await post(good, { "Content-Type": "application/octet-stream" })],
    [413, await post(Buffer.alloc(20_000))],
    [404, await post(good, undefined, "/ocsp/x")],
    [405, await fetch(`http://${world.ca.http}/ocsp`, { method: "DELETE" })],
  ];
  for (const [status, response] of rows) {
    assert.equal(response.status, status);
    assert.match(await response.text(), /\.\n$/);
  }
  const typed = await post(good, { "Content-Type": "Application/OCSP-Request; charset=x" });
  assert.equal(statusOf(await octetsOf(typed)), "unknown");
});

test("each authority's responder is made once, and stands in the audit log", async () => {
  const { serialNumber } = await issueDevice(world.connection, "audited");
  for (let times = 0; times < 3; times++) await octetsOf(await post(request("devices", [serialNumber], true)));
  assert.match(read(await octetsOf(await post(request("devices", [serialNumber])))), /OCSP No Check/);
  let made = 0;
  const stream = world.connection.operations.watchAuditLog(WatchAuditLogRequest.create());
  for await (const { record } of stream as AsyncIterable<WatchAuditLogResponse>) if (record?.event === "ocsp_responder.issued") made += 1;
  assert.equal(made, 1);
});

test("requests that break off are no events: who knocks fills no log", async () => {
  const { host, port } = { host: "127.0.0.1", port: Number(world.ca.http.split(":").at(-1)) };
  const before = world.log.length;
  for (let times = 0; times < 20; times++) {
    await new Promise<void>((resolve, reject) => {
      const socket = connectTcp({ host, port }, () => {
        socket.write("POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: 100\r\n\r\nabc", () =>
          socket.destroy(),
        );
      });
      socket.once("close", () => resolve()).once("error", reject);
    });
  }
  assert.equal(statusOf(await octetsOf(await post(request("devices", ["4f0102030405060708090a0b0c0d0e0f"])))), "unknown");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(
    world.log.slice(before).filter((line) => line.includes("service.failed")),
    [],
  );
});
