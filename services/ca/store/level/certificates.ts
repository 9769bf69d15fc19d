import { LatchkeyError } from "../../authority/error.js";
import type { CertificateRecord, DeviceRecord } from "../../authority/types.js";
import type { Store } from "../store.js";
import { countIssued, countStanding, readCounts } from "./certificate-counts.js";
import { encodeCertificate, type StoredCertificate } from "./certificate-value.js";
import type { Counters } from "./counters.js";
import { putDevice } from "./devices.js";
import type { Engine } from "./engine.js";
import { file, filingOf, refile } from "./filing.js";
import { findCertificate, findNamed, nameOf, serialNumberIn } from "./find-certificate.js";
import type { Transaction } from "./group-commit.js";
import { endIn, key, under } from "./key.js";
import { listCertificates } from "./listing.js";
import { readText, text } from "./value.js";

type Certificates = Pick<
  Store,
  | "insertCertificate"
  | "getCertificate"
  | "getCertificateByRequestId"
  | "updateCertificates"
  | "markSeen"
  | "listCertificates"
  | "revokedCertificates"
  | "isKeyCompromised"
  | "countCertificates"
>;

/** How many entries of a list are read by one call of the database; as text they come five times as fast. */
const AT_A_TIME = 1_000;
const AS_TEXT = { keyEncoding: "utf8", valueEncoding: "utf8", highWaterMarkBytes: 1 << 20 } as const;

export function certificates({ database, commits, counters }: Engine): Certificates {
  const { committed } = commits;
  return {
    insertCertificate: (record, device, entry) =>
      commits.run((transaction) => {
        insertCertificate(transaction, counters, record, device);
        counters.audit(transaction, entry);
      }),

    getCertificate: async (id) => findCertificate(committed, id)?.record,

    async getCertificateByRequestId(requestId) {
      const value = committed.get(key.byRequest(requestId));
      return value === undefined ? undefined : findNamed(committed, value)?.record;
    },

    updateCertificates: (keys, update, entry) =>
      commits.run((transaction) => {
        const changes: { stored: StoredCertificate; after: CertificateRecord }[] = [];
        const all = keys.map((id) => {
          const stored = findCertificate(transaction, id);
          if (stored === undefined)
            throw new LatchkeyError("CERTIFICATE_NOT_FOUND", `No certificate of ${id.authority} has the serial number ${id.serialNumber}.`);
          const after = update(stored.record);
          if (after !== stored.record) changes.push({ stored, after });
          return after;
        });
        for (const { stored, after } of changes) {
          put(transaction, { record: after, sequence: stored.sequence }, stored.record.status);
          refile(transaction, stored, filingOf(transaction, stored), after.status);
        }
        if (changes.length > 0) counters.audit(transaction, entry(changes.map(({ after }) => after)));
        return all;
      }),

    markSeen: (id, at) =>
      commits.run((transaction) => {
        const stored = findCertificate(transaction, id);
        if (stored === undefined) return;
        const record = { ...stored.record, firstSeenAt: stored.record.firstSeenAt ?? at, lastSeenAt: at };
        transaction.put(key.certificate(record), encodeCertificate({ record, sequence: stored.sequence }));
      }),

    listCertificates: (query, page) => listCertificates(database, query, page),

    async *revokedCertificates(authority) {
      for (const status of ["held", "revoked"] as const) {
        const { gte, lt } = under("ending", authority, status);
        const entries = database.iterator<string, string>({ gte: readText(gte), lt: readText(lt), ...AS_TEXT });
        try {
          for (let some = await entries.nextv(AT_A_TIME); some.length > 0; some = await entries.nextv(AT_A_TIME))
            for (const [place, name] of some) yield { serialNumber: serialNumberIn(name), status, notAfter: endIn(place) };
        } finally {
          await entries.close();
        }
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
  const certificate = { record, sequence };
  put(transaction, certificate, "valid");
  file(transaction, certificate, record.status);
  transaction.put(key.byName(record.deviceName, sequence), nameOf(record));
  if (record.owner !== "") transaction.put(key.byOwner(record.owner, sequence), nameOf(record));
  if (record.requestId !== "") transaction.put(key.byRequest(record.requestId), nameOf(record));
  if (record.profile !== "canary") countIssued(transaction);
}

/** Writes the record, and what follows from its standing. */
function put(transaction: Transaction, certificate: StoredCertificate, before: CertificateRecord["status"]): void {
  const { record } = certificate;
  transaction.put(key.certificate(record), encodeCertificate(certificate));
  if (record.status === "revoked" && record.reason === "keyCompromise" && record.publicKeyHash !== "") {
    transaction.put(key.compromised(record.publicKeyHash), text(record.serialNumber));
  }
  if (record.status !== before && record.profile !== "canary") countStanding(transaction, before, record.status);
}
