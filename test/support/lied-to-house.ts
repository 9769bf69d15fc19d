import assert from "node:assert/strict";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { call } from "../../clients/connect/connect.js";
import { readCredential, writeCredential } from "../../clients/connect/credential.js";
import type { ProblemCode } from "../../clients/nginx/problem.js";
import { workersOf } from "../../clients/nginx/workers.js";
import { RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { GetStatusRequest } from "../../generated/latchkey/v1/operations_service.js";
import { AwaitEnforcementRequest, type AwaitEnforcementResponse, Subscriber } from "../../generated/latchkey/v1/publication_service.js";
import { startTestAuthority, type TestAuthority } from "./authority.js";
import { ask, type Device } from "./device.js";
import { createDoor, type Door } from "./door.js";
import { type LyingCa, startLyingCa } from "./lying-ca.js";
import { until } from "./nginx.js";
import { nginxVersions } from "./nginx-versions.js";
import { issueDevice } from "./operator.js";
import { changeAndWait, subscriberOf } from "./revocation.js";

/** The hook reports within moments; a CRL of which a piece never comes it waits for, first. */
const REPORT_MILLIS = 25_000;
/** It asks ever more rarely while it is lied to. */
const RECOVERY_SECONDS = 40;

export interface Phone extends Device {
  readonly serialNumber: string;
}

/** What `latchkey status` says about a lie. */
export interface Expected {
  readonly code: ProblemCode;
  readonly says: RegExp;
}

/** A real CA, an nginx that refuses the lost phone and lets in the good one, and between its hook and the CA somebody who lies. */
export interface LiedToHouse {
  readonly authority: TestAuthority;
  readonly door: Door;
  readonly liar: LyingCa;
  readonly lost: Phone;
  readonly good: Phone;
  /** From before the lost phone was revoked. */
  readonly olderCrl: Buffer;
  /** The CRL that the CA publishes. */
  publishedCrl(id: "devices" | "operators"): Promise<Buffer>;
  phone(name: string): Promise<Phone>;
  /** How the hook stands, as the CA knows it. */
  standing(): Promise<Subscriber>;
  /** Revokes a phone, and who enforces it within a moment. */
  revoke(name: string): Promise<AwaitEnforcementResponse>;
  /** What lies in the hook's folder, each file's octets and each link's target; and nginx's workers, whom a reload replaces. */
  whatNginxHas(): Promise<Readonly<Record<string, string>>>;
  /**
   * Tells a lie, and the truth again. While the lie lasts nothing reaches nginx, which goes on, and `latchkey status` says why;
   * then the hook comes back by itself and enforces what it was not told.
   */
  isLiedToInVain(tellLie: () => void, expected: Expected): Promise<void>;
  stop(): Promise<void>;
}

export async function startLiedToHouse(): Promise<LiedToHouse> {
  const authority = await startTestAuthority();
  const [version] = await nginxVersions();
  const door = await createDoor(version?.command ?? "", authority);
  const hook = await readCredential(door.credential);
  const liar = await startLyingCa(authority, hook);
  await writeCredential({ ...hook, address: liar.address });
  await door.configure();
  const first = await door.once();
  assert.equal(first.code, 0, first.stderr);
  await door.nginx.start();
  await door.startHook();

  const { certificates, publication, operations } = authority.connection;
  const { anchors } = await call(publication, "getTrustBundle", {});
  const ca = anchors.find((anchor) => anchor.authority === "servers")?.certificate ?? "";
  const standing = async () => (await subscriberOf(authority.connection)) ?? Subscriber.create({ problem: "it has never subscribed" });
  const publishedCrl = async (id: string) => Buffer.from(await (await fetch(`http://${authority.ca.http}/crl/${id}.crl`)).arrayBuffer());
  async function phone(name: string): Promise<Phone> {
    const identity = await issueDevice(authority.connection, name);
    return { port: door.port, ca, identity, serialNumber: identity.serialNumber };
  }
  async function revoke(name: string): Promise<AwaitEnforcementResponse> {
    const selector = { selected: { $case: "deviceName" as const, value: name } };
    const { crlNumber } = await call(certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
    return await call(publication, "awaitEnforcement", AwaitEnforcementRequest.create({ crlNumber }));
  }
  async function whatNginxHas(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of (await readdir(door.dir, { recursive: true })).toSorted()) {
      const path = join(door.dir, name);
      const entry = await lstat(path);
      if (entry.isSymbolicLink()) found[name] = `-> ${await readlink(path)}`;
      else if (entry.isFile()) found[name] = (await readFile(path)).toString("base64");
    }
    const workers = (await workersOf(await door.nginx.pid())) ?? [];
    return { ...found, workers: workers.map(({ pid }) => pid).join() };
  }
  const statusOf = async (...phones: readonly Phone[]) => {
    const answers: number[] = [];
    for (const one of phones) answers.push((await ask(one)).status);
    return answers;
  };

  await until(async () => (await standing()).problem === "", "the hook does not report");
  const olderCrl = await publishedCrl("devices");
  const [lost, good] = [await phone("lost phone"), await phone("good phone")];
  assert.deepEqual((await changeAndWait(authority.connection, "revokeCertificate", "lost phone")).pending, []);
  assert.deepEqual(await statusOf(lost, good), [400, 200]);
  let count = 0;

  return {
    authority,
    door,
    liar,
    lost,
    good,
    olderCrl,
    publishedCrl,
    phone,
    standing,
    revoke,
    whatNginxHas,

    async isLiedToInVain(tellLie, { code, says }) {
      count += 1;
      const [hidden, next] = [await phone(`hidden phone ${count}`), await phone(`next phone ${count}`)];
      const before = await whatNginxHas();
      const { enforcedCrlNumber } = await standing();
      try {
        tellLie();
        assert.deepEqual((await revoke(`hidden phone ${count}`)).pending, ["door"]);
        await until(async () => (await standing()).problem === code, `the hook does not report ${code}`, REPORT_MILLIS);
        const told = await standing();
        assert.match(told.problemDetail, says);
        assert.equal(told.enforcedCrlNumber, enforcedCrlNumber);
        const { warnings } = await call(operations, "getStatus", GetStatusRequest.create());
        assert.match(warnings.find((warning) => warning.code === code)?.message ?? "", says);
        assert.deepEqual(await whatNginxHas(), before);
        assert.deepEqual(await statusOf(lost, good), [400, 200]);
      } finally {
        liar.tellTheTruth();
      }
      const truth = await changeAndWait(authority.connection, "revokeCertificate", `next phone ${count}`, RECOVERY_SECONDS);
      assert.deepEqual(truth.pending, []);
      assert.equal((await standing()).problem, "");
      assert.deepEqual(await statusOf(hidden, next, lost, good), [400, 400, 400, 200]);
    },

    async stop() {
      await door.stop();
      await liar.close();
      await authority.stop();
    },
  };
}
