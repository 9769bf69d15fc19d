import assert from "node:assert/strict";
import { revoke, statusOf } from "../../services/ca/authority/revoke.js";
import { AUTHORITY_IDS, type CertificateRecord } from "../../services/ca/authority/types.js";
import type { CertificateQuery, Store } from "../../services/ca/store/store.js";
import { certificate, type Engine, entry, later, NOW, promisesOf } from "../support/store.js";

/** What `Store` promises of lists. */
export function listingContract(engine: Engine): void {
  const promise = promisesOf(engine);

  promise("lists newest first, page by page, each once, while others are issued", async (store) => {
    const names: string[] = [];
    for (let at = 0; at < 25; at++) {
      const deviceName = `phone ${String(at).padStart(2, "0")}`;
      names.unshift(deviceName);
      await store.insertCertificate(certificate({ deviceName }), undefined, entry());
    }
    const listed: string[] = [];
    let token = "";
    do {
      const page = await store.listCertificates({ at: NOW }, { size: 10, token });
      listed.push(...page.items.map(({ deviceName }) => deviceName));
      token = page.nextToken;
      await store.insertCertificate(certificate({ deviceName: "newer" }), undefined, entry());
    } while (token !== "");
    assert.deepEqual(listed, names);
    await assert.rejects(store.listCertificates({ at: NOW }, { size: 10, token: "bm9uc2Vuc2U" }), { code: "PAGE_TOKEN_INVALID" });
    await assert.rejects(store.listCertificates({ at: NOW }, { size: 10, token: "***" }), { code: "PAGE_TOKEN_INVALID" });
  });

  promise("lists by each field, alone and together", async (store) => {
    const anna = certificate({ deviceName: "Anna's phone", owner: "Anna" });
    const annex = certificate({ deviceName: "Annex", owner: "Ben", notAfter: later(10) });
    const ended = certificate({ deviceName: "Old", notAfter: later(-1) });
    const admin = certificate({ authority: "operators", profile: "operator", deviceName: "admin", operatorRole: "admin" });
    const star = certificate({ deviceName: "\u{1f511} key\u{10ffff}" });
    for (const record of [anna, annex, ended, admin, star]) await store.insertCertificate(record, undefined, entry());
    await store.updateCertificates(
      [annex],
      (one) => ({ ...one, status: "held", revokedAt: NOW }) as CertificateRecord,
      () => entry(),
    );
    const list = async (query: object) =>
      (await store.listCertificates({ at: NOW, ...query }, { size: 50, token: "" })).items.map(({ deviceName }) => deviceName).toSorted();
    const exact = (text: string) => ({ text, match: "exact" });
    const prefix = (text: string) => ({ text, match: "prefix" });
    assert.deepEqual(await list({ deviceName: exact("Anna's phone") }), ["Anna's phone"]);
    assert.deepEqual(await list({ deviceName: prefix("Ann") }), ["Anna's phone", "Annex"]);
    assert.deepEqual(await list({ deviceName: prefix("\u{1f511}") }), [star.deviceName]);
    assert.deepEqual(await list({ owner: exact("Ben") }), ["Annex"]);
    assert.deepEqual(await list({ status: "held" }), ["Annex"]);
    assert.deepEqual(await list({ status: "expired" }), ["Old"]);
    assert.deepEqual(await list({ status: "valid", authority: "devices" }), ["Anna's phone", star.deviceName].toSorted());
    assert.deepEqual(await list({ authority: "operators", operatorRole: "admin" }), ["admin"]);
    assert.deepEqual(await list({ serialNumber: prefix(anna.serialNumber.slice(0, 12)) }), ["Anna's phone"]);
    assert.deepEqual(await list({ serialNumber: exact(anna.serialNumber), status: "held" }), []);
    assert.deepEqual(await list({ notAfterAfter: NOW, notAfterBefore: later(30) }), ["Annex"]);
  });

  promise("a serial number that two authorities have given is found at both, page by page", async (store) => {
    const ours = certificate();
    const theirs = { ...ours, authority: "servers" } as CertificateRecord;
    for (const record of [ours, theirs]) await store.insertCertificate(record, undefined, entry());
    const query = { serialNumber: { text: ours.serialNumber, match: "exact" }, at: NOW } as const;
    const first = await store.listCertificates(query, { size: 1, token: "" });
    const second = await store.listCertificates(query, { size: 1, token: first.nextToken });
    assert.deepEqual(
      [...first.items, ...second.items].map(({ authority }) => authority),
      ["devices", "servers"],
    );
    assert.equal(second.nextToken, "");
  });

  promise("every list says the same, whether what has expired was filed apart or not, by a clock that was right or not", async (store) => {
    const records = await arrange(store);
    const sweeps: (() => Promise<void>)[] = [
      async () => {},
      () => store.sweepExpired(NOW),
      () => store.sweepExpired(later(100)),
      () => store.sweepExpired(later(-100)),
    ];
    for (const [round, sweep] of sweeps.entries()) {
      await sweep();
      for (const query of queries()) {
        const expected = records.filter((record) => isMeant(record, query)).toSorted(orderOf(query, records));
        assert.deepEqual(
          (await all(store, query)).map(({ serialNumber }) => serialNumber),
          expected.map(({ serialNumber }) => serialNumber),
          `sweep ${round}: ${JSON.stringify(query)}`,
        );
      }
    }
  });

  promise("a list that is read while its certificates expire, are swept and are revoked has each once", async (store) => {
    const records = await arrange(store);
    const listed: CertificateRecord[] = [];
    let token = "";
    let day = 0;
    do {
      const page = await store.listCertificates({ at: later(day) }, { size: 7, token });
      listed.push(...page.items);
      token = page.nextToken;
      day += 10;
      await store.sweepExpired(later(day));
      const next = records.filter(({ status }) => status === "valid").slice(0, day);
      await store.updateCertificates(
        next,
        (one) => revoke(one, "superseded", NOW),
        () => entry("certificate.revoked"),
      );
    } while (token !== "");
    assert.deepEqual(
      listed.map(({ serialNumber }) => serialNumber),
      records.toReversed().map(({ serialNumber }) => serialNumber),
    );
  });

  promise("what was filed as expired can be revoked, and is on one list alone", async (store) => {
    const ended = certificate({ notAfter: later(-1) });
    await store.insertCertificate(ended, undefined, entry());
    await store.sweepExpired(NOW);
    await store.updateCertificates(
      [ended],
      (one) => revoke(one, "keyCompromise", NOW),
      () => entry("certificate.revoked"),
    );
    await store.sweepExpired(NOW);
    for (const status of ["valid", "held", "expired", "revoked"] as const)
      assert.equal((await all(store, { status, at: NOW })).length, status === "revoked" ? 1 : 0, status);
    assert.equal((await all(store, { at: NOW })).length, 1);
  });

  promise("filing is no change: it leaves the records, the counts and the audit log as they are", async (store) => {
    const ended = certificate({ notAfter: later(-1) });
    await store.insertCertificate(ended, undefined, entry());
    await store.sweepExpired(NOW);
    assert.equal((await store.getCertificate(ended))?.status, "valid");
    assert.deepEqual(await store.countCertificates(), { issued: 1, revoked: 0, held: 0 });
    assert.equal((await store.auditRecords(0, 10)).length, 1);
  });

  promise("a page costs a page: 50 valid ones are found behind 5,000 newer ones that are revoked or have expired", async (store) => {
    const many = 5_000;
    const good = 50;
    const size = 10;
    const shared = { deviceName: "one of many", owner: "a fleet" };
    const valid = Array.from({ length: good }, () => certificate(shared));
    const bad = Array.from({ length: many }, (_, at) => certificate({ ...shared, ...(at % 2 === 0 ? {} : { notAfter: later(-1) }) }));
    await Promise.all([...valid, ...bad].map((record) => store.insertCertificate(record, undefined, entry())));
    const revoked = bad.filter((_, at) => at % 2 === 0);
    await store.updateCertificates(
      revoked,
      (one) => revoke(one, "superseded", NOW),
      () => entry("certificate.revoked"),
    );
    // Once by a clock that was years ahead, then by the right one.
    await store.sweepExpired(later(1_000));
    await store.sweepExpired(NOW);
    const deviceName = { text: shared.deviceName, match: "exact" } as const;
    const owner = { text: shared.owner, match: "exact" } as const;
    const narrowed: Partial<CertificateQuery>[] = [{}, { authority: "devices" }, { deviceName }, { owner }, { notAfterAfter: NOW }];
    for (const status of ["valid", "expired", "revoked"] as const) {
      for (const narrow of narrowed) {
        if (status === "expired" && narrow.notAfterAfter !== undefined) continue;
        const before = engine.reads();
        const { items } = await store.listCertificates({ status, ...narrow, at: NOW }, { size, token: "" });
        const reads = engine.reads() - before;
        assert.equal(items.length, size);
        // For each an entry of a list and a record; and one more of each of few lists, to know what comes next.
        assert.ok(reads <= 3 * size, `${reads} reads for ${JSON.stringify({ status, ...narrow })}`);
      }
    }
    for (const nobody of [{ status: "valid", authority: "servers" }, { operatorRole: "admin" }] as const) {
      const before = engine.reads();
      assert.deepEqual(await store.listCertificates({ ...nobody, at: NOW }, { size, token: "" }), { items: [], nextToken: "" });
      assert.equal(engine.reads() - before, 0, JSON.stringify(nobody));
    }
  });
}

/** One of everything, in an order that is no list's own. Answers the records in the order of issuance. */
async function arrange(store: Store): Promise<CertificateRecord[]> {
  const ends = [-40, -1, 0, 20, 60, 825];
  const records = Array.from({ length: 90 }, (_, at) => {
    const authority = AUTHORITY_IDS[at % 3] ?? "devices";
    const notAfter = later(ends[(at * 7) % 6] ?? 0);
    const issued = certificate({
      authority,
      notAfter,
      deviceName: `phone ${(at * 5) % 4}`,
      owner: ["", "Anna", "Annette"][(at * 11) % 7] ?? "",
    });
    const status = ["valid", "valid", "valid", "revoked", "held"][(at * 13) % 5];
    if (status === "revoked") return { ...issued, status, revokedAt: NOW, reason: "superseded" } as CertificateRecord;
    return status === "held" ? ({ ...issued, status, revokedAt: NOW } as CertificateRecord) : issued;
  });
  for (const record of records) await store.insertCertificate(record, undefined, entry());
  return records;
}

function queries(): CertificateQuery[] {
  const exact = (text: string) => ({ text, match: "exact" }) as const;
  const prefix = (text: string) => ({ text, match: "prefix" }) as const;
  const statuses = [{}, ...(["valid", "held", "revoked", "expired"] as const).map((status) => ({ status }))];
  const authorities = [{}, { authority: "devices" as const }];
  const holders = [
    {},
    { deviceName: exact("phone 1") },
    { deviceName: prefix("phone") },
    { owner: exact("Anna") },
    { owner: prefix("Ann") },
  ];
  const windows = [{}, { notAfterBefore: later(30) }, { notAfterAfter: later(-1) }, { notAfterAfter: NOW, notAfterBefore: later(61) }];
  const all = statuses.flatMap((status) =>
    authorities.flatMap((authority) =>
      holders.flatMap((holder) => windows.map((window) => ({ ...status, ...authority, ...holder, ...window }))),
    ),
  );
  const ofRole = [...statuses, ...authorities, ...windows].map((narrow) => ({ ...narrow, operatorRole: "admin" }));
  return [...all, ...ofRole].map((query) => ({ ...query, at: NOW }));
}

/** The promise, in plain words, over a plain array. */
function isMeant(record: CertificateRecord, query: CertificateQuery): boolean {
  const { status, authority, operatorRole, deviceName, owner, notAfterBefore, notAfterAfter, at } = query;
  const fits = (text: string, wanted: CertificateQuery["owner"]) =>
    wanted === undefined || (wanted.match === "exact" ? text === wanted.text : text.startsWith(wanted.text));
  return (
    (status === undefined || statusOf(record, at) === status) &&
    (authority === undefined || record.authority === authority) &&
    (operatorRole === undefined || record.operatorRole === operatorRole) &&
    fits(record.deviceName, deviceName) &&
    fits(record.owner, owner) &&
    (notAfterBefore === undefined || record.notAfter < notAfterBefore) &&
    (notAfterAfter === undefined || record.notAfter > notAfterAfter)
  );
}

/** `records`: in the order of issuance. */
function orderOf({ deviceName, owner, notAfterBefore, notAfterAfter }: CertificateQuery, records: readonly CertificateRecord[]) {
  const newest = (a: CertificateRecord, b: CertificateRecord) => records.indexOf(b) - records.indexOf(a);
  const last = (a: string, b: string) => (a < b ? 1 : a > b ? -1 : 0);
  if (deviceName?.match === "exact" || owner?.match === "exact") return newest;
  if (deviceName !== undefined) return (a: CertificateRecord, b: CertificateRecord) => last(a.deviceName, b.deviceName) || newest(a, b);
  if (owner !== undefined) return (a: CertificateRecord, b: CertificateRecord) => last(a.owner, b.owner) || newest(a, b);
  if (notAfterBefore === undefined && notAfterAfter === undefined) return newest;
  return (a: CertificateRecord, b: CertificateRecord) => b.notAfter.getTime() - a.notAfter.getTime() || newest(a, b);
}

async function all(store: Store, query: CertificateQuery): Promise<CertificateRecord[]> {
  const found: CertificateRecord[] = [];
  let token = "";
  do {
    const page = await store.listCertificates(query, { size: 13, token });
    found.push(...page.items);
    token = page.nextToken;
  } while (token !== "");
  return found;
}
