import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyChange } from "../../services/ca/authority/crl-change.js";
import { newInvitation, redeem } from "../../services/ca/authority/invitation.js";
import { release, revoke } from "../../services/ca/authority/revoke.js";
import { serialNumberFrom } from "../../services/ca/authority/serial-number.js";
import type { CertificateRecord, CrlRecord, Der, DeviceName, InvitationRecord, NoticeRecord } from "../../services/ca/authority/types.js";
import type { RevokedCertificate } from "../../services/ca/store/store.js";
import { firstBreak } from "../support/audit.js";
import { certificate, type Engine, entry, later, NOW, promisesOf } from "../support/store.js";
import { listingContract } from "./store-listing-contract.js";

function invitation(deviceName = "a phone"): { record: InvitationRecord; token: string } {
  const random = { token: randomBytes(16), nonce: randomBytes(12) };
  return newInvitation({
    id: randomUUID(),
    deviceName: deviceName as DeviceName,
    owner: "",
    renewal: false,
    at: NOW,
    lifetimeSeconds: 900,
    passphrase: "abcd-efgh-ijkm-npqr",
    proofKey: randomBytes(32),
    random,
  });
}

function crl(number: bigint, octets = 300): CrlRecord {
  return { authority: "devices", number, thisUpdate: NOW, nextUpdate: later(30), der: new Uint8Array(randomBytes(octets)) as Der };
}

const device = (name: string, id = randomUUID()) => ({ name: name as DeviceName, id, owner: "Anna", createdAt: NOW });

function notice(overrides: Partial<NoticeRecord> = {}): NoticeRecord {
  return {
    serialNumber: serialNumberFrom(randomBytes(16)),
    daysBefore: 30,
    channel: "webhook",
    dueAt: NOW,
    state: { kind: "waiting", tries: 0, nextTryAt: NOW, problem: "" },
    ...overrides,
  };
}

/** The promises of `Store`: every engine passes this suite. */
export function storeContract(engine: Engine): void {
  const promise = promisesOf(engine);
  listingContract(engine);

  promise("a certificate comes back as it was stored, over a reopening too", async (store, reopen) => {
    const records = [
      certificate({ owner: "Anna", requestId: "r-1" }),
      certificate({ authority: "servers", profile: "server", deviceName: "nas.local", serverNames: ["nas.local", "192.168.1.2"] }),
      certificate({ authority: "operators", profile: "operator", deviceName: "admin", operatorRole: "admin" }),
      { ...certificate(), status: "revoked", revokedAt: NOW, reason: "keyCompromise" } as CertificateRecord,
      { ...certificate(), status: "held", revokedAt: NOW } as CertificateRecord,
    ];
    for (const record of records) await store.insertCertificate(record, undefined, entry());
    const again = await reopen();
    for (const record of records) {
      const found = await again.getCertificate(record);
      assert.deepEqual({ ...found, der: Buffer.from(found?.der ?? []) }, { ...record, der: Buffer.from(record.der) });
    }
    assert.equal((await again.getCertificateByRequestId("r-1"))?.serialNumber, records[0]?.serialNumber);
    assert.equal(await again.getCertificateByRequestId("r-2"), undefined);
  });

  promise(
    "when a certificate was seen stays with it, over its revocation and a reopening too, and is in no audit log",
    async (store, reopen) => {
      const record = certificate();
      await store.insertCertificate(record, undefined, entry());
      await store.markSeen(certificate(), NOW);
      await store.markSeen(record, later(1));
      await store.markSeen(record, later(2));
      await store.updateCertificates(
        [record],
        (one) => revoke(one, "superseded", later(3)),
        () => entry("certificate.revoked"),
      );
      assert.equal((await store.auditRecords(0, 100)).length, 2);
      const found = await (await reopen()).getCertificate(record);
      assert.deepEqual([found?.firstSeenAt, found?.lastSeenAt, found?.status], [later(1), later(2), "revoked"]);
    },
  );

  promise("no serial number twice, of a hundred at once either", async (store) => {
    const record = certificate();
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => store.insertCertificate(record, undefined, entry())));
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    for (const result of results) if (result.status === "rejected") assert.equal(result.reason.code, "SERIAL_NUMBER_EXISTS");
    assert.deepEqual(await store.countCertificates(), { issued: 1, revoked: 0, held: 0 });
    // The same number at another authority is another certificate.
    await store.insertCertificate({ ...record, authority: "servers" } as CertificateRecord, undefined, entry());
  });

  promise("a device's name keeps its id, and another id is refused with nothing written", async (store) => {
    const known = device("Anna's phone");
    await store.insertCertificate(certificate(), known, entry());
    const refused = certificate();
    await assert.rejects(store.insertCertificate(refused, device("Anna's phone"), entry()), { code: "DEVICE_NAME_TAKEN" });
    assert.equal(await store.getCertificate(refused), undefined);
    assert.deepEqual(await store.getDevice("Anna's phone" as DeviceName), known);
    assert.equal((await store.auditRecords(0, 100)).length, 1);
  });

  promise("an update changes all or nothing, and writes nothing when nothing changes", async (store) => {
    const [first, second] = [certificate(), certificate()];
    for (const record of [first, second]) await store.insertCertificate(record, undefined, entry());
    const missing = certificate();
    const revokeAll = (record: CertificateRecord) => revoke(record, "superseded", NOW);
    await assert.rejects(
      store.updateCertificates([first, missing], revokeAll, () => entry()),
      { code: "CERTIFICATE_NOT_FOUND" },
    );
    assert.equal((await store.getCertificate(first))?.status, "valid");
    const after = await store.updateCertificates([second, first], revokeAll, () => entry("certificate.revoked"));
    assert.deepEqual(
      after.map(({ serialNumber, status }) => [serialNumber, status]),
      [
        [second.serialNumber, "revoked"],
        [first.serialNumber, "revoked"],
      ],
    );
    const records = (await store.auditRecords(0, 100)).length;
    await store.updateCertificates([first], revokeAll, () => entry("certificate.revoked"));
    assert.equal((await store.auditRecords(0, 100)).length, records);
    assert.deepEqual(await store.countCertificates(), { issued: 2, revoked: 2, held: 0 });
  });

  promise("updates at once see each other, durable or not", async (store) => {
    const record = certificate();
    await store.insertCertificate(record, undefined, entry());
    const seen: string[] = [];
    const noted = (one: CertificateRecord) => {
      seen.push(one.status);
      return one;
    };
    const results = await Promise.allSettled([
      store.updateCertificates(
        [record],
        (one) => ({ ...one, status: "held", revokedAt: NOW }) as CertificateRecord,
        () => entry(),
      ),
      store.updateCertificates(
        [record],
        (one) => release(noted(one)),
        () => entry(),
      ),
      store.updateCertificates(
        [record],
        (one) => revoke(noted(one), "superseded", NOW),
        () => entry(),
      ),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ["fulfilled", "fulfilled", "fulfilled"],
    );
    assert.deepEqual(seen, ["held", "valid"]);
    assert.equal((await store.getCertificate(record))?.status, "revoked");
  });

  promise("what is revoked or held is found for the CRL; a key that was compromised stays so", async (store) => {
    const records = [certificate(), certificate(), certificate()];
    for (const record of records) await store.insertCertificate(record, undefined, entry());
    const [first, second] = records as [CertificateRecord, CertificateRecord];
    await store.updateCertificates(
      [first],
      (one) => revoke(one, "keyCompromise", NOW),
      () => entry(),
    );
    await store.updateCertificates(
      [second],
      (one) => ({ ...one, status: "held", revokedAt: NOW }) as CertificateRecord,
      () => entry(),
    );
    const found: RevokedCertificate[] = [];
    for await (const one of store.revokedCertificates("devices")) found.push(one);
    const { notAfter } = first;
    assert.deepEqual(
      found.toSorted((a, b) => (a.status < b.status ? -1 : 1)),
      [
        { serialNumber: second.serialNumber, status: "held", notAfter },
        { serialNumber: first.serialNumber, status: "revoked", notAfter },
      ],
    );
    assert.equal(await store.isKeyCompromised(first.publicKeyHash), true);
    assert.equal(await store.isKeyCompromised(second.publicKeyHash), false);
    await store.updateCertificates([second], release, () => entry());
    assert.deepEqual(await store.countCertificates(), { issued: 3, revoked: 1, held: 0 });
  });

  promise("of two that redeem one invitation one wins, and the other's certificate never existed", async (store) => {
    const { record } = invitation();
    await store.insertInvitation(record, entry("invitation.created"));
    const both = [certificate(), certificate()];
    const phone = device("a phone");
    const results = await Promise.allSettled(
      both.map((one) =>
        store.redeemInvitation(
          record.id,
          (before) => redeem(before, NOW, one.serialNumber, one.publicKeyHash),
          one,
          phone,
          entry("invitation.redeemed"),
        ),
      ),
    );
    assert.deepEqual(results.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
    const stored = await Promise.all(both.map((one) => store.getCertificate(one)));
    assert.equal(stored.filter((one) => one !== undefined).length, 1);
    const after = await store.getInvitation(record.id);
    assert.equal(after?.state.kind === "redeemed" && after.state.serialNumber, stored.find((one) => one !== undefined)?.serialNumber);
    assert.deepEqual(await store.openInvitations(), []);
  });

  promise("an invitation is found by its token's hash, and listed newest first", async (store, reopen) => {
    const made = [invitation("one"), invitation("two"), invitation("three")];
    for (const { record } of made) await store.insertInvitation(record, entry("invitation.created"));
    const again = await reopen();
    const first = made[0]?.record;
    assert.deepEqual(await again.getInvitationByTokenHash(first?.tokenHash ?? ""), first);
    assert.equal(await again.getInvitationByTokenHash("00"), undefined);
    const page = await again.listInvitations({ size: 2, token: "" });
    assert.deepEqual(
      page.items.map(({ deviceName }) => deviceName as string),
      ["three", "two"],
    );
    assert.deepEqual(
      (await again.listInvitations({ size: 2, token: page.nextToken })).items.map(({ deviceName }) => deviceName as string),
      ["one"],
    );
    await assert.rejects(
      again.updateInvitation(
        randomUUID(),
        (record) => record,
        () => entry(),
      ),
      { code: "INVITATION_NOT_FOUND" },
    );
  });

  promise("the CRL is replaced, its number never goes back, and departures are remembered from any number on", async (store, reopen) => {
    const serial = serialNumberFrom(randomBytes(16));
    const long = 2n ** 159n;
    await store.putCrl(crl(long), [], entry("crl.signed"));
    await store.putCrl(crl(long + 1n), [{ serialNumber: serial, cause: "released", crlNumber: long + 1n }], entry("crl.signed"));
    for (const number of [long + 1n, long, 5n]) await assert.rejects(store.putCrl(crl(number), [], entry()), { code: "CRL_INVALID" });
    const last = crl(long + 2n, 2_000_000);
    await store.putCrl(last, [], entry("crl.signed"));
    const again = await reopen();
    const found = await again.getCrl("devices");
    assert.deepEqual(
      [found?.number, found?.nextUpdate, Buffer.from(found?.der ?? []).equals(Buffer.from(last.der))],
      [last.number, last.nextUpdate, true],
    );
    assert.deepEqual(await again.departuresSince("devices", long), [{ serialNumber: serial, cause: "released", crlNumber: long + 1n }]);
    assert.deepEqual(await again.departuresSince("devices", long + 1n), []);
    assert.deepEqual(await again.departuresSince("servers", 0n), []);
    assert.equal(await again.getCrl("servers"), undefined);
  });

  promise("a CRL put as a change to the one before is there as it was signed, however many there were", async (store, reopen) => {
    let last = crl(1n, 100_000);
    await store.putCrl(last, [], entry("crl.signed"));
    let again = store;
    for (let number = 2n; number < 40n; number += 1n) {
      const gone = randomBytes(1)[0] ?? 0;
      // Something goes, something comes at the end; now and then it is more than the whole is worth.
      const added = new Uint8Array(randomBytes(number % 13n === 0n ? 90_000 : 2_000));
      const change = [{ offset: 0, length: 1_000 }, added, { offset: 1_000 + gone, length: last.der.length - 1_000 - gone }];
      last = { ...crl(number), der: applyChange(last.der, change) };
      await again.putCrl(last, [], entry("crl.signed"), change);
      if (number % 5n === 0n) again = await reopen();
      const found = await again.getCrl("devices");
      assert.deepEqual(
        [found?.number, found?.nextUpdate, Buffer.from(found?.der ?? []).equals(Buffer.from(last.der))],
        [number, last.nextUpdate, true],
      );
      await assert.rejects(again.putCrl(crl(number), [], entry(), change), { code: "CRL_INVALID" });
    }
    // One that is put whole counts, whatever changes there were.
    const whole = crl(100n, 3_000);
    await again.putCrl(whole, [], entry("crl.signed"));
    const found = await again.getCrl("devices");
    assert.ok(Buffer.from(found?.der ?? []).equals(Buffer.from(whole.der)));
  });

  promise("subscribers and documents persist", async (store, reopen) => {
    const subscriber = {
      name: "door",
      registeredAt: NOW,
      enforcedCrlNumber: 2n ** 100n,
      problem: "",
      problemDetail: "",
      relyingParty: "nginx/1.22.1",
      clockSkewMillis: -3,
    };
    await store.insertSubscriber({ ...subscriber, relyingParty: "" }, entry("subscriber.registered"));
    await store.updateSubscriber(subscriber);
    await store.putDocument("name", Buffer.from("content"), entry("authority.created"));
    const again = await reopen();
    assert.deepEqual(await again.listSubscribers(), [subscriber]);
    assert.equal(Buffer.from((await again.getDocument("name")) ?? []).toString(), "content");
    assert.deepEqual(
      (await again.auditRecords(0, 10)).map(({ event }) => event),
      ["subscriber.registered", "authority.created"],
    );
    await again.deleteSubscriber("door", entry("subscriber.removed"));
    // A report that was on its way does not bring it back.
    await again.updateSubscriber(subscriber);
    assert.deepEqual(await again.listSubscribers(), []);
  });

  promise("a notice is recorded once, of ten at once too, and comes back as it was stored", async (store, reopen) => {
    const first = notice();
    const others = [notice({ ...first, channel: "email" }), notice({ ...first, daysBefore: 7 })];
    const due = () => entry("notice.due");
    const inserted = await Promise.all(Array.from({ length: 10 }, () => store.insertNotices([first], due)));
    assert.deepEqual(inserted.flat(), [first]);
    assert.deepEqual(await store.insertNotices([first, ...others], due), others);
    assert.deepEqual(await store.insertNotices([first, ...others], due), []);
    await store.insertNotices([notice()], due);
    const again = await reopen();
    const byName = (records: readonly NoticeRecord[]) => records.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    assert.deepEqual(byName(await again.noticesOf(first.serialNumber)), byName([first, ...others]));
    assert.deepEqual(await again.noticesOf(serialNumberFrom(randomBytes(16))), []);
    assert.deepEqual(
      (await again.auditRecords(0, 100)).map(({ event }) => event),
      ["notice.due", "notice.due", "notice.due"],
    );
  });

  promise(
    "what waits comes in the order of its next try, what was given up apart, and what is delivered in neither",
    async (store, reopen) => {
      const at = (days: number) => notice({ state: { kind: "waiting", tries: 0, nextTryAt: later(days), problem: "" } });
      const [second, third, first] = [at(2), at(3), at(1)] as [NoticeRecord, NoticeRecord, NoticeRecord];
      const mail = notice({ channel: "email" });
      await store.insertNotices([second, third, first, mail], () => entry("notice.due"));
      assert.deepEqual(await store.undeliveredNotices("webhook", "waiting", 2), [first, second]);
      assert.deepEqual(await store.undeliveredNotices("email", "waiting", 2), [mail]);
      const put = (record: NoticeRecord, state: NoticeRecord["state"]) =>
        store.updateNotice(
          record,
          (before) => ({ ...before, state }),
          () => undefined,
        );
      const audited = (await store.auditRecords(0, 100)).length;
      const later1 = await put(first, { kind: "waiting", tries: 1, nextTryAt: later(9), problem: "nobody there" });
      assert.equal((await store.auditRecords(0, 100)).length, audited, "a try that failed is not audited");
      const dead = await put(second, { kind: "dead", at: later(2), tries: 15, problem: "nobody there" });
      const deader = await put(third, { kind: "dead", at: later(1), tries: 15, problem: "nobody there" });
      await store.updateNotice(
        mail,
        (before) => ({ ...before, state: { kind: "delivered", at: later(1) } }),
        () => entry("notice.delivered"),
      );
      assert.equal(await put(notice(), { kind: "delivered", at: NOW }), undefined);
      const again = await reopen();
      assert.deepEqual(await again.undeliveredNotices("webhook", "waiting", 10), [later1]);
      assert.deepEqual(await again.undeliveredNotices("webhook", "dead", 10), [deader, dead]);
      assert.deepEqual(await again.undeliveredNotices("email", "waiting", 10), []);
      assert.deepEqual((await again.noticesOf(mail.serialNumber)).at(0)?.state, { kind: "delivered", at: later(1) });
      assert.equal((await again.auditRecords(0, 100)).at(-1)?.event, "notice.delivered");
      // Of a dead one that is taken up again nothing is left among the dead.
      await again.updateNotice(
        second,
        () => second,
        () => undefined,
      );
      assert.deepEqual(await again.undeliveredNotices("webhook", "dead", 10), [deader]);
      assert.deepEqual(await again.undeliveredNotices("webhook", "waiting", 10), [second, later1]);
    },
  );

  promise(
    "notices of certificates that have ended are forgotten once they are settled, a few at a time, and no others",
    async (store, reopen) => {
      const issue = async (notAfter: Date) => {
        const one = certificate({ issuedAt: later(-900), notAfter });
        await store.insertCertificate(one, undefined, entry());
        return one.serialNumber;
      };
      const [ended, standing] = [await issue(later(-31)), await issue(later(1))];
      const done = { kind: "delivered", at: later(-40) } as const;
      const gone = [
        notice({ serialNumber: ended, state: done }),
        notice({ serialNumber: ended, daysBefore: 7, state: { kind: "withdrawn", at: NOW } }),
        // Its certificate is not in the store.
        notice({ state: done }),
      ];
      const kept = [
        notice({ serialNumber: ended, channel: "email" }),
        notice({
          serialNumber: ended,
          channel: "email",
          daysBefore: 7,
          state: { kind: "dead", at: NOW, tries: 15, problem: "nobody there" },
        }),
        notice({ serialNumber: standing, state: { kind: "delivered", at: later(-500) } }),
      ];
      await store.insertNotices([...gone, ...kept], () => entry("notice.due"));
      const audited = (await store.auditRecords(0, 100)).length;
      let [from, pruned, calls] = ["", 0, 0];
      do {
        const answer = await store.pruneNotices(later(-30), from, 2);
        [from, pruned, calls] = [answer.next, pruned + answer.pruned, calls + 1];
      } while (from !== "");
      assert.deepEqual([pruned, calls], [3, 4]);
      const again = await reopen();
      const left = await Promise.all(
        [ended, standing, gone[2]?.serialNumber ?? ended].map((serialNumber) => again.noticesOf(serialNumber)),
      );
      const bySerial = (records: readonly NoticeRecord[]) => records.map((one) => JSON.stringify(one)).toSorted();
      assert.deepEqual(bySerial(left.flat()), bySerial(kept));
      assert.deepEqual(await again.undeliveredNotices("email", "waiting", 10), [kept[0]]);
      assert.deepEqual(await again.undeliveredNotices("email", "dead", 10), [kept[1]]);
      assert.equal((await again.auditRecords(0, 100)).length, audited);
      assert.deepEqual(await again.pruneNotices(later(-30), "", 10), { pruned: 0, next: "" });
    },
  );

  promise("a pass over the notices costs what it is allowed to", async (store) => {
    await store.insertNotices(
      Array.from({ length: 300 }, () => notice()),
      () => entry("notice.due"),
    );
    const before = engine.reads();
    await store.pruneNotices(NOW, "", 10);
    assert.ok(engine.reads() - before <= 40, `${engine.reads() - before} reads for 10 notices`);
  });

  promise("the audit log is in order and whole, over calls at once and a reopening", async (store, reopen) => {
    await Promise.all(Array.from({ length: 50 }, () => store.insertCertificate(certificate(), undefined, entry())));
    const again = await reopen();
    await again.appendAudit(entry("backup.made"));
    const records = await again.auditRecords(0, 1_000);
    assert.deepEqual(
      records.map(({ sequence }) => sequence),
      Array.from({ length: 51 }, (_, at) => at + 1),
    );
    assert.equal(await firstBreak(records), undefined);
    const tampered = records.map((record) => (record.sequence === 20 ? { ...record, actor: "nobody" } : record));
    assert.equal(await firstBreak(tampered), 20);
    assert.equal(await firstBreak(records.toSpliced(9, 1)), 11);
    assert.deepEqual(
      (await again.auditRecords(49, 1)).map(({ sequence }) => sequence),
      [50],
    );
  });

  promise("the newest time is known, over a reopening too", async (store, reopen) => {
    await store.appendAudit({ ...entry(), time: later(3) });
    await store.appendAudit(entry());
    assert.deepEqual(await store.newestTime(), later(3));
    assert.deepEqual(await (await reopen()).newestTime(), later(3));
  });

  promise("a backup made while others write holds one moment, and comes back whole", async (store) => {
    for (let at = 0; at < 200; at++) await store.insertCertificate(certificate({ deviceName: `phone ${at}` }), undefined, entry());
    await store.putDocument("kept", Buffer.from("as it was"), entry());
    await store.putDocument("replaced", Buffer.from("as it was"), entry());
    const chunks: Uint8Array[] = [];
    const writing = Promise.all(Array.from({ length: 50 }, () => store.insertCertificate(certificate(), undefined, entry())));
    for await (const chunk of store.backup()) chunks.push(chunk);
    await writing;
    const folder = await mkdtemp(join(tmpdir(), "latchkey-restored-"));
    const restored = await engine.open(join(folder, "store"));
    try {
      const whole = Buffer.concat(chunks);
      const flipped = Buffer.from(whole);
      flipped[1_000] = (flipped[1_000] ?? 0) ^ 1;
      for (const bad of [whole.subarray(0, -1), whole.subarray(0, 5_000), flipped, Buffer.concat([whole, Buffer.of(0)])]) {
        await assert.rejects(restored.restore(inPieces(bad)), { code: "STORE_CORRUPT" });
        assert.deepEqual((await restored.countCertificates()).issued, 0);
      }
      await restored.restore(inPieces(whole), { replaced: Buffer.from("another") });
      const documents = await Promise.all(["kept", "replaced"].map((name) => restored.getDocument(name)));
      assert.deepEqual(documents.map(String), ["as it was", "another"]);
      const { issued } = await restored.countCertificates();
      assert.ok(issued >= 200);
      const records = await restored.auditRecords(0, 1_000);
      assert.deepEqual([records.length, await firstBreak(records)], [issued + documents.length, undefined]);
      await restored.insertCertificate(certificate(), undefined, entry());
      assert.equal(await firstBreak(await restored.auditRecords(0, 1_000)), undefined);
    } finally {
      await restored.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
}

async function* inPieces(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 777) yield content.subarray(at, at + 777);
}
