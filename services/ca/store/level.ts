import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ClassicLevel } from "classic-level";
import { LatchkeyError } from "../authority/error.js";
import type {
  CertificateKey,
  CertificateRecord,
  CrlRecord,
  Departure,
  DeviceName,
  DeviceRecord,
  InvitationRecord,
  SerialNumber,
  SubscriberRecord,
} from "../authority/types.js";
import { chain, GENESIS_HASH } from "./audit.js";
import { dump, load } from "./backup.js";
import { decodeCertificate, encodeCertificate, frame, type StoredCertificate, unframe } from "./encoding.js";
import { type Database, GroupCommit, type Transaction } from "./group-commit.js";
import { fromJson, toJson } from "./json.js";
import { beginning, type Key, key, lastPart, under } from "./key.js";
import { matches, resume, toPageToken, walkFor } from "./listing.js";
import type { AuditEntry, AuditRecord, CertificateQuery, Page, PageRequest, Store } from "./store.js";

const FORMAT = "1";

/** Opens (or makes) the store in a folder. Throws DATA_IN_USE while another process has it, STORE_CORRUPT for another format. */
export async function openLevelStore(folder: string): Promise<Store> {
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
  const database: Database = new ClassicLevel(folder, { keyEncoding: "view", valueEncoding: "view" });
  const holder = `${folder}.pid`;
  try {
    await database.open();
  } catch (error) {
    throw await explainOpening(folder, holder, error);
  }
  try {
    if (database.getSync(key.restoring) !== undefined) await database.clear();
    checkFormat(database, folder);
    await database.put(key.format, text(FORMAT));
    await writeFile(holder, `${process.pid}\n`);
    return createStore(database, () => rm(holder, { force: true }));
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The lock is LevelDB's own; the file beside it only says who holds it. */
async function explainOpening(folder: string, holder: string, error: unknown): Promise<LatchkeyError> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if ((cause as { code?: string }).code === "LEVEL_LOCKED") {
    const pid = (await readFile(holder, "utf8").catch(() => "")).trim();
    return new LatchkeyError(
      "DATA_IN_USE",
      `the data folder is in use by process ${pid === "" ? "(unknown)" : pid}: stop that one first, or choose another folder with --data.`,
      {
        cause: error,
      },
    );
  }
  return new LatchkeyError(
    "STORE_CORRUPT",
    `The store in ${folder} can't be opened: ${(cause as Error).message}. Restore a backup into a new data folder.`,
    { cause: error },
  );
}

function checkFormat(database: Database, folder: string): void {
  const format = database.getSync(key.format);
  if (format === undefined || string(format) === FORMAT) return;
  throw new LatchkeyError(
    "STORE_CORRUPT",
    `The store in ${folder} has format ${string(format)}; this version of Latchkey knows ${FORMAT}. Use a newer version.`,
  );
}

interface Counts {
  readonly issued: number;
  readonly revoked: number;
  readonly held: number;
}

function createStore(database: Database, released: () => Promise<void>): Store {
  let lastAudit = { sequence: 0, hash: GENESIS_HASH };
  let certificates = 0;
  let invitations = 0;
  let newest = 0;

  const commits = new GroupCommit(database, () => {
    ({ lastAudit, certificates, invitations, newest } = readState(database));
  });
  ({ lastAudit, certificates, invitations, newest } = readState(database));

  function audit(transaction: Transaction, entry: AuditEntry): void {
    const record = chain(entry, lastAudit);
    lastAudit = { sequence: record.sequence, hash: record.hash };
    newest = Math.max(newest, entry.time.getTime());
    transaction.put(key.audit(record.sequence), json(record));
    transaction.put(key.state, json({ lastAudit, certificates, invitations, newest }));
  }

  function find(transaction: Pick<Transaction, "get">, id: CertificateKey): StoredCertificate | undefined {
    const value = transaction.get(key.certificate(id));
    return value === undefined ? undefined : decodeCertificate(value);
  }

  function count(transaction: Transaction, change: (counts: Counts) => Counts): void {
    transaction.put(key.counts, json(change(readCounts(transaction))));
  }

  function insert(transaction: Transaction, record: CertificateRecord, device: DeviceRecord | undefined): void {
    if (transaction.get(key.certificate(record)) !== undefined) {
      throw new LatchkeyError("SERIAL_NUMBER_EXISTS", `There is a certificate ${record.serialNumber} of ${record.authority} already.`);
    }
    if (device !== undefined) putDevice(transaction, device);
    certificates += 1;
    const sequence = certificates;
    const name = json([record.authority, record.serialNumber]);
    transaction.put(key.certificate(record), encodeCertificate({ record, sequence }));
    transaction.put(key.bySequence(sequence), name);
    transaction.put(key.byAuthority(record.authority, sequence), name);
    transaction.put(key.byName(record.deviceName, sequence), name);
    if (record.owner !== "") transaction.put(key.byOwner(record.owner, sequence), name);
    transaction.put(key.byExpiry(record.notAfter, sequence), name);
    if (record.requestId !== "") transaction.put(key.byRequest(record.requestId), name);
    count(transaction, (counts) => ({ ...counts, issued: counts.issued + 1 }));
    index(transaction, record, sequence, "valid");
  }

  /** Moves a certificate between the indices of its standing. */
  function index(transaction: Transaction, record: CertificateRecord, sequence: number, before: CertificateRecord["status"]): void {
    if (record.status === before) return;
    if (before !== "valid") transaction.delete(key.byStatus(before, sequence));
    if (record.status === "valid") {
      transaction.delete(key.revoked(record));
    } else {
      transaction.put(key.byStatus(record.status, sequence), json([record.authority, record.serialNumber]));
      transaction.put(key.revoked(record), text(""));
    }
    if (record.status === "revoked" && record.reason === "keyCompromise" && record.publicKeyHash !== "") {
      transaction.put(key.compromised(record.publicKeyHash), text(record.serialNumber));
    }
    const less = (status: "held" | "revoked") => (before === status ? -1 : 0) + (record.status === status ? 1 : 0);
    count(transaction, (counts) => ({ ...counts, revoked: counts.revoked + less("revoked"), held: counts.held + less("held") }));
  }

  function putDevice(transaction: Transaction, device: DeviceRecord): void {
    const value = transaction.get(key.device(device.name));
    const known = value === undefined ? undefined : fromJson<DeviceRecord>(string(value));
    if (known !== undefined && known.id !== device.id) {
      throw new LatchkeyError("DEVICE_NAME_TAKEN", `There is another device "${device.name}" already: choose another name.`);
    }
    transaction.put(key.device(device.name), json(device));
  }

  function getInvitation(transaction: Pick<Transaction, "get">, id: string): InvitationRecord {
    const value = transaction.get(key.invitation(id));
    if (value === undefined) throw new LatchkeyError("INVITATION_NOT_FOUND", `There is no invitation ${id}.`);
    return fromJson<InvitationRecord>(string(value));
  }

  function putInvitation(transaction: Transaction, record: InvitationRecord): void {
    transaction.put(key.invitation(record.id), json(record));
    if (record.state.kind === "open") transaction.put(key.openInvitation(record.id), text(""));
    else transaction.delete(key.openInvitation(record.id));
  }

  const committed = { get: (wanted: Key) => database.getSync(wanted) };

  function named(value: Uint8Array): CertificateRecord | undefined {
    const [authority, serialNumber] = JSON.parse(string(value)) as [CertificateKey["authority"], SerialNumber];
    return find(committed, { authority, serialNumber })?.record;
  }

  return {
    insertCertificate: (record, device, entry) =>
      commits.run((transaction) => {
        insert(transaction, record, device);
        audit(transaction, entry);
      }),

    getCertificate: async (id) => find(committed, id)?.record,

    async getCertificateByRequestId(requestId) {
      const value = database.getSync(key.byRequest(requestId));
      return value === undefined ? undefined : named(value);
    },

    updateCertificates: (keys, update, entry) =>
      commits.run((transaction) => {
        const changed: CertificateRecord[] = [];
        const changes: { stored: StoredCertificate; after: CertificateRecord }[] = [];
        const all = keys.map((id) => {
          const stored = find(transaction, id);
          if (stored === undefined)
            throw new LatchkeyError("CERTIFICATE_NOT_FOUND", `No certificate of ${id.authority} has the serial number ${id.serialNumber}.`);
          const after = update(stored.record);
          if (after !== stored.record) {
            changed.push(after);
            changes.push({ stored, after });
          }
          return after;
        });
        for (const { stored, after } of changes) {
          transaction.put(key.certificate(after), encodeCertificate({ record: after, sequence: stored.sequence }));
          index(transaction, after, stored.sequence, stored.record.status);
        }
        if (changed.length > 0) audit(transaction, entry(changed));
        return all;
      }),

    listCertificates: (query, page) => list(database, named, query, page),

    async *revokedCertificates(authority) {
      for await (const revoked of database.keys(under("revoked", authority))) {
        const record = find(committed, { authority, serialNumber: lastPart(revoked) as SerialNumber })?.record;
        if (record !== undefined) yield record;
      }
    },

    isKeyCompromised: async (publicKeyHash) => database.getSync(key.compromised(publicKeyHash)) !== undefined,
    countCertificates: async () => readCounts(committed),

    async getDevice(name: DeviceName) {
      const value = database.getSync(key.device(name));
      return value === undefined ? undefined : fromJson<DeviceRecord>(string(value));
    },

    insertInvitation: (record, entry) =>
      commits.run((transaction) => {
        invitations += 1;
        putInvitation(transaction, record);
        transaction.put(key.invitationByToken(record.tokenHash), text(record.id));
        transaction.put(key.invitationBySequence(invitations), text(record.id));
        audit(transaction, entry);
      }),

    async getInvitation(id) {
      const value = database.getSync(key.invitation(id));
      return value === undefined ? undefined : fromJson<InvitationRecord>(string(value));
    },

    async getInvitationByTokenHash(tokenHash) {
      const id = database.getSync(key.invitationByToken(tokenHash));
      return id === undefined ? undefined : getInvitation(committed, string(id));
    },

    async listInvitations({ size, token }) {
      const walk = { ranges: [under("invitation-sequence")], reverse: true };
      const items: InvitationRecord[] = [];
      let at: Key | undefined;
      for (const range of resume(walk, token)) {
        for await (const [place, id] of database.iterator({ ...range, reverse: true, limit: size + 1 })) {
          if (items.length === size) return { items, nextToken: toPageToken(at) };
          items.push(getInvitation(committed, string(id)));
          at = place;
        }
      }
      return { items, nextToken: "" };
    },

    async openInvitations() {
      const ids = await database.keys(under("invitation-open")).all();
      return ids.map((open) => getInvitation(committed, lastPart(open)));
    },

    updateInvitation: (id, update, entry) =>
      commits.run((transaction) => {
        const before = getInvitation(transaction, id);
        const after = update(before);
        if (after === before) return before;
        putInvitation(transaction, after);
        audit(transaction, entry(after));
        return after;
      }),

    redeemInvitation: (id, redeem, certificate, device, entry) =>
      commits.run((transaction) => {
        const after = redeem(getInvitation(transaction, id));
        insert(transaction, certificate, device);
        putInvitation(transaction, after);
        audit(transaction, entry);
        return after;
      }),

    async getCrl(authority) {
      const value = database.getSync(key.crl(authority));
      return value === undefined ? undefined : decodeCrl(value);
    },

    putCrl: (crl, departures, entry) =>
      commits.run((transaction) => {
        const value = transaction.get(key.crl(crl.authority));
        const before = value === undefined ? undefined : decodeCrl(value).number;
        if (before !== undefined && crl.number <= before) {
          throw new LatchkeyError(
            "CRL_INVALID",
            `CRL ${crl.number} of ${crl.authority} can't follow CRL ${before}: the numbers only grow.`,
          );
        }
        const { der, number, ...header } = crl;
        transaction.put(key.crl(crl.authority), frame({ ...header, number: String(number) }, der));
        for (const departure of departures) {
          transaction.put(key.departure(crl.authority, departure.crlNumber, departure.serialNumber), text(departure.cause));
        }
        audit(transaction, entry);
      }),

    async departuresSince(authority, since) {
      const range = { gte: key.departure(authority, since + 1n, ""), lt: beginning("departure", authority).lt };
      const found: Departure[] = [];
      for await (const [place, cause] of database.iterator(range)) {
        const [, , number = "0", serialNumber = ""] = string(place).split("\0");
        found.push({ serialNumber: serialNumber as SerialNumber, cause: string(cause) as Departure["cause"], crlNumber: BigInt(number) });
      }
      return found;
    },

    async listSubscribers() {
      const values = await database.values(under("subscriber")).all();
      return values.map((value) => fromJson<SubscriberRecord>(string(value)));
    },

    putSubscriber: (subscriber) => commits.run((transaction) => transaction.put(key.subscriber(subscriber.name), json(subscriber))),

    deleteSubscriber: (name, entry) =>
      commits.run((transaction) => {
        transaction.delete(key.subscriber(name));
        audit(transaction, entry);
      }),

    async getDocument(name) {
      return database.getSync(key.document(name));
    },

    putDocument: (name, content, entry) =>
      commits.run((transaction) => {
        transaction.put(key.document(name), content);
        audit(transaction, entry);
      }),

    appendAudit: (entry) => commits.run((transaction) => audit(transaction, entry)),

    async auditRecords(afterSequence, limit) {
      const range = { gte: key.audit(afterSequence + 1), lt: under("audit").lt };
      const values = await database.values({ ...range, limit }).all();
      return values.map((value) => fromJson<AuditRecord>(string(value)));
    },

    newestTime: async () => new Date(newest),

    backup: () => dump(database),

    async restore(chunks) {
      await load(database, chunks);
      ({ lastAudit, certificates, invitations, newest } = readState(database));
    },

    async close() {
      await commits.settled();
      await database.close();
      await released();
    },
  };
}

async function list(
  database: Database,
  named: (value: Uint8Array) => CertificateRecord | undefined,
  query: CertificateQuery,
  { size, token }: PageRequest,
): Promise<Page<CertificateRecord>> {
  const walk = walkFor(query);
  const items: CertificateRecord[] = [];
  let at: Key | undefined;
  for (const range of resume(walk, token)) {
    for await (const [place, value] of database.iterator({ ...range, reverse: walk.reverse })) {
      const record = walk.direct ? decodeCertificate(value).record : named(value);
      if (record === undefined || !matches(record, query)) continue;
      if (items.length === size) return { items, nextToken: toPageToken(at) };
      items.push(record);
      at = place;
    }
  }
  return { items, nextToken: "" };
}

interface State {
  readonly lastAudit: { readonly sequence: number; readonly hash: string };
  readonly certificates: number;
  readonly invitations: number;
  readonly newest: number;
}

/** The counters, as the last transaction left them. */
function readState(database: Database): State {
  const value = database.getSync(key.state);
  return value === undefined
    ? { lastAudit: { sequence: 0, hash: GENESIS_HASH }, certificates: 0, invitations: 0, newest: 0 }
    : fromJson<State>(string(value));
}

function readCounts(transaction: Pick<Transaction, "get">): Counts {
  const value = transaction.get(key.counts);
  return value === undefined ? { issued: 0, revoked: 0, held: 0 } : fromJson<Counts>(string(value));
}

function decodeCrl(value: Uint8Array): CrlRecord {
  const { header, octets } = unframe<{ authority: CrlRecord["authority"]; number: string; thisUpdate: string; nextUpdate: string }>(value);
  return {
    authority: header.authority,
    number: BigInt(header.number),
    thisUpdate: new Date(header.thisUpdate),
    nextUpdate: new Date(header.nextUpdate),
    der: octets as Uint8Array as CrlRecord["der"],
  };
}

function text(content: string): Uint8Array {
  return Buffer.from(content);
}

function json(value: unknown): Uint8Array {
  return Buffer.from(toJson(value));
}

function string(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
}
