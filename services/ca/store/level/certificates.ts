import { LatchkeyError } from "../../authority/error.js";
import type { CertificateKey, CertificateRecord, DeviceRecord, SerialNumber } from "../../authority/types.js";
import type { Store } from "../store.js";
import { countIssued, countStanding, readCounts } from "./certificate-counts.js";
import { decodeCertificate, encodeCertificate, type StoredCertificate } from "./certificate-value.js";
import type { Counters } from "./counters.js";
import { putDevice } from "./devices.js";
import type { Engine } from "./engine.js";
import type { Reads, Transaction } from "./group-commit.js";
import { key, lastPart, under } from "./key.js";
import { list } from "./listing.js";
import { json, readText, text } from "./value.js";

type Certificates = Pick<
  Store,
  | "insertCertificate"
  | "getCertificate"
  | "getCertificateByRequestId"
  | "updateCertificates"
  | "listCertificates"
  | "revokedCertificates"
  | "isKeyCompromised"
  | "countCertificates"
>;

export function certificates({ database, commits, counters }: Engine): Certificates {
  const { committed } = commits;
  return {
    insertCertificate: (record, device, entry) =>
      commits.run((transaction) => {
        insertCertificate(transaction, counters, record, device);
        counters.audit(transaction, entry);
      }),

    getCertificate: async (id) => find(committed, id)?.record,

    async getCertificateByRequestId(requestId) {
      const value = committed.get(key.byRequest(requestId));
      return value === undefined ? undefined : named(committed, value);
    },

    updateCertificates: (keys, update, entry) =>
      commits.run((transaction) => {
        const changes: { stored: StoredCertificate; after: CertificateRecord }[] = [];
        const all = keys.map((id) => {
          const stored = find(transaction, id);
          if (stored === undefined)
            throw new LatchkeyError("CERTIFICATE_NOT_FOUND", `No certificate of ${id.authority} has the serial number ${id.serialNumber}.`);
          const after = update(stored.record);
          if (after !== stored.record) changes.push({ stored, after });
          return after;
        });
        for (const { stored, after } of changes) {
          transaction.put(key.certificate(after), encodeCertificate({ record: after, sequence: stored.sequence }));
          index(transaction, after, stored.sequence, stored.record.status);
        }
        if (changes.length > 0) counters.audit(transaction, entry(changes.map(({ after }) => after)));
        return all;
      }),

    listCertificates: (query, page) => list(database, (value) => named(committed, value), query, page),

    async *revokedCertificates(authority) {
      for await (const revoked of database.keys(under("revoked", authority))) {
        const record = find(committed, { authority, serialNumber: lastPart(revoked) as SerialNumber })?.record;
        if (record !== undefined) yield record;
      }
    },

    isKeyCompromised: async (publicKeyHash) => committed.get(key.compromised(publicKeyHash)) !== undefined,
    countCertificates: async () => readCounts(committed),
  };
}

/** Stores a certificate and its device. Throws SERIAL_NUMBER_EXISTS, DEVICE_NAME_TAKEN. */
export function insertCertificate(
  transaction: Transaction,
  counters: Counters,
  record: CertificateRecord,
  device: DeviceRecord | undefined,
): void {
  if (transaction.get(key.certificate(record)) !== undefined) {
    throw new LatchkeyError("SERIAL_NUMBER_EXISTS", `There is a certificate ${record.serialNumber} of ${record.authority} already.`);
  }
  if (device !== undefined) putDevice(transaction, device);
  const sequence = counters.nextCertificate();
  const name = nameOf(record);
  transaction.put(key.certificate(record), encodeCertificate({ record, sequence }));
  transaction.put(key.bySequence(sequence), name);
  transaction.put(key.byAuthority(record.authority, sequence), name);
  transaction.put(key.byName(record.deviceName, sequence), name);
  if (record.owner !== "") transaction.put(key.byOwner(record.owner, sequence), name);
  transaction.put(key.byExpiry(record.notAfter, sequence), name);
  if (record.requestId !== "") transaction.put(key.byRequest(record.requestId), name);
  countIssued(transaction);
  index(transaction, record, sequence, "valid");
}

/** Moves a certificate between the indices of its standing. */
function index(transaction: Transaction, record: CertificateRecord, sequence: number, before: CertificateRecord["status"]): void {
  if (record.status === before) return;
  if (before !== "valid") transaction.delete(key.byStatus(before, sequence));
  if (record.status === "valid") {
    transaction.delete(key.revoked(record));
  } else {
    transaction.put(key.byStatus(record.status, sequence), nameOf(record));
    transaction.put(key.revoked(record), text(""));
  }
  if (record.status === "revoked" && record.reason === "keyCompromise" && record.publicKeyHash !== "") {
    transaction.put(key.compromised(record.publicKeyHash), text(record.serialNumber));
  }
  countStanding(transaction, before, record.status);
}

function find(reads: Reads, id: CertificateKey): StoredCertificate | undefined {
  const value = reads.get(key.certificate(id));
  return value === undefined ? undefined : decodeCertificate(value);
}

/** What an index says of a certificate: whose record to look up. */
function nameOf({ authority, serialNumber }: CertificateKey): Uint8Array {
  return json([authority, serialNumber]);
}

function named(reads: Reads, value: Uint8Array): CertificateRecord | undefined {
  const [authority, serialNumber] = JSON.parse(readText(value)) as [CertificateKey["authority"], SerialNumber];
  return find(reads, { authority, serialNumber })?.record;
}
