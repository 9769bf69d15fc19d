import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { type Connection, call, connect } from "../../clients/connect/connect.js";
import { createFrameAssembler } from "../../clients/connect/crl-frames.js";
import { readCrl as readHeldCrl } from "../../clients/nginx/crl.js";
import type { HeldSet } from "../../clients/nginx/held-set.js";
import { type CrlSet, watchCrl } from "../../clients/nginx/watch.js";
import {
  HoldCertificateRequest,
  ReleaseCertificateRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { WatchCrlRequest, WatchCrlResponse } from "../../generated/latchkey/v1/publication_service.js";
import { readCrl } from "../../services/ca/authority/crl.js";
import { storeRevoked } from "../bench/world/fill.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { framesOf, headerFrame, startLyingCa } from "../support/lying-ca.js";
import { createOperator, issueDevice } from "../support/operator.js";

const REVOKED_BEFORE = 10_000;
const LARGE_OCTETS = 200_000;

let world: TestAuthority;
before(async () => {
  world = await startTestAuthority();
  await world.restart(() => storeRevoked(world.data, REVOKED_BEFORE));
});
after(() => world.stop());

const byName = (value: string) => ({ selected: { $case: "deviceName" as const, value } });
const revoke = (name: string) =>
  call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector: byName(name) }));
const published = async () => Buffer.from(await (await fetch(`http://${world.ca.http}/crl/devices.crl`)).arrayBuffer());
const sha256 = (octets: Uint8Array) => createHash("sha256").update(octets).digest("hex");

interface Came {
  readonly der: Uint8Array;
  /** Of the messages. */
  readonly octets: number;
  readonly from: string;
}

/** Subscribes, counts what the messages come to, and puts the CRLs together by what it held before. */
function subscribe(connection: Connection, request: Partial<WatchCrlRequest>, held: readonly Uint8Array[] = []) {
  const stream = connection.publication.watchCrl(WatchCrlRequest.create(request));
  const bases = new Map(held.map((der) => [sha256(der), der]));
  const assembler = createFrameAssembler(bases);
  const came: Came[] = [];
  let octets = 0;
  let wake = () => {};
  stream.on("error", () => {});
  stream.on("data", (response: WatchCrlResponse) => {
    octets += WatchCrlResponse.encode(response).finish().length;
    const crl = assembler.take(response.frame);
    if (crl === undefined) return;
    bases.set(crl.header.sha256, crl.der);
    came.push({ der: crl.der, octets, from: crl.header.fromSha256 });
    octets = 0;
    wake();
  });
  return {
    stop: () => stream.cancel(),
    async next(): Promise<Came> {
      while (came.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return came.shift() as Came;
    },
  };
}

test("a subscriber that takes changes gets a revocation, a hold and its release in less than a kilobyte each", async (t) => {
  const watcher = subscribe(world.connection, { takesChanges: true });
  t.after(watcher.stop);
  const first = await watcher.next();
  assert.ok(first.octets > LARGE_OCTETS && first.from === "");
  const [lost, held] = [await issueDevice(world.connection, "lost"), await issueDevice(world.connection, "held")];
  const { certificates } = world.connection;
  const steps = [
    { step: () => revoke("lost"), lists: [true, false] },
    { step: () => call(certificates, "holdCertificate", HoldCertificateRequest.create({ selector: byName("held") })), lists: [true, true] },
    {
      step: () => call(certificates, "releaseCertificate", ReleaseCertificateRequest.create({ selector: byName("held") })),
      lists: [true, false],
    },
  ];
  for (const { step, lists } of steps) {
    await step();
    const { der, octets } = await watcher.next();
    assert.ok(octets < 1_000, `${octets} octets`);
    assert.deepEqual(der, await published());
    const serials = new Set<string>(Array.from(readCrl(der).entries(), ({ serialNumber }) => serialNumber));
    assert.deepEqual(
      [serials.has(lost.serialNumber), serials.has(held.serialNumber), serials.size],
      [...lists, REVOKED_BEFORE + lists.filter(Boolean).length],
    );
  }
});

test("a subscriber that says nothing of changes gets every CRL whole, whatever it holds", async (t) => {
  const watcher = subscribe(world.connection, { heldSha256: [sha256(await published())] });
  t.after(watcher.stop);
  assert.deepEqual((await watcher.next()).der, await published());
  await issueDevice(world.connection, "for an old hook");
  await revoke("for an old hook");
  const { der, octets, from } = await watcher.next();
  assert.deepEqual([der, from], [await published(), ""]);
  assert.ok(octets > LARGE_OCTETS);
});

test("one that comes back gets what has changed since the CRL that it holds, however many there were, also from a CA that was started anew", async () => {
  const held = await published();
  const comeBack = async () => {
    const watcher = subscribe(world.connection, { takesChanges: true, heldSha256: ["no SHA-256", sha256(held)] }, [held]);
    const came = await watcher.next();
    watcher.stop();
    assert.deepEqual(came.der, await published());
    return came.octets;
  };
  assert.ok((await comeBack()) < 500);
  for (const name of ["one", "two", "three"]) {
    await issueDevice(world.connection, name);
    await revoke(name);
  }
  assert.ok((await comeBack()) < 1_000);

  const newest = await published();
  await world.restart();
  const watcher = subscribe(world.connection, { takesChanges: true, heldSha256: [sha256(newest)] }, [newest]);
  const { der, octets } = await watcher.next();
  watcher.stop();
  assert.deepEqual(der, await published());
  assert.notDeepEqual(der, newest);
  assert.ok(octets < 1_000, `${octets} octets`);
});

test("whoever holds a CRL that the CA knows nothing of gets the whole", async (t) => {
  const foreign = Buffer.from("not a CRL of this CA");
  const watcher = subscribe(world.connection, { takesChanges: true, heldSha256: [sha256(foreign)] }, [foreign]);
  t.after(watcher.stop);
  const { der, from } = await watcher.next();
  assert.deepEqual([der, from], [await published(), ""]);
});

test("a hook to which a change does not fit asks for the whole, once, over the same connection", async (t) => {
  const hook = await createOperator(world, "misled", "nginx", ["misled.local"]);
  const liar = await startLyingCa(world, hook);
  const connection = connect({ ...hook, address: liar.address });
  const ended = new AbortController();
  t.after(async () => {
    ended.abort();
    connection.close();
    await liar.close();
  });
  const der = await published();
  const held: HeldSet = { crl: readHeldCrl(der), adopted: [] };
  liar.lie(({ header, der: truth }) => {
    liar.tellTheTruth();
    const change = headerFrame({ ...header, sizeOctets: String(truth.length), fromSha256: sha256(der) });
    return [
      change,
      { frame: { $case: "copied", value: { offset: 0, sizeOctets: der.length } } },
      ...framesOf(header, Buffer.alloc(truth.length - der.length)).slice(1),
    ];
  });
  await issueDevice(world.connection, "hidden from the hook");
  await revoke("hidden from the hook");
  const unfit: string[] = [];
  const arrived = await new Promise<CrlSet>((resolve, reject) => {
    watchCrl(connection, held, resolve, ended.signal, ({ message }) => unfit.push(message)).catch(reject);
  });
  assert.deepEqual(Buffer.from(arrived.der), await published());
  assert.match(unfit.join("|"), /^Its SHA-256 differs from what was announced\.$/);
});
