import type { Settings } from "../../config.js";
import type { Log } from "../../log.js";
import { CrlEntries, createCrlSigner, expiredEntries, nextCrlNumber, readCrl } from "../authority/crl.js";
import { LatchkeyError } from "../authority/error.js";
import {
  AUTHORITY_IDS,
  type AuthorityId,
  type CertificateRecord,
  type CrlRecord,
  type Departure,
  type SerialNumber,
} from "../authority/types.js";
import { backdated } from "../authority/validity.js";
import type { Store } from "../store/store.js";
import type { Clock } from "./clock.js";
import type { Authorities } from "./context.js";
import { createBehindAlarm } from "./crl-behind.js";
import { isRefreshDue } from "./crl-refresh.js";

const DAY_MILLIS = 24 * 3600_000;

/**
 * Keeps one CRL for each authority: signed for every revocation and every day. A lone revocation waits for nothing;
 * those that arrive while a CRL is being signed go together into the next.
 */
export interface CrlPublisher {
  current(authority: AuthorityId): CrlRecord | undefined;
  /** Takes changed standings in and resolves with the first CRL that carries them, durable and handed to the listeners. */
  publish(authority: AuthorityId, changed: readonly CertificateRecord[]): Promise<CrlRecord>;
  /**
   * For standings that somebody has found as they should be: the CRL that carries them. It is the present one, once every signature under way
   * is done; a new one where one is owed, or where one of them is on no CRL: a write that has failed may be there after all.
   */
  settled(authority: AuthorityId, found?: readonly CertificateRecord[]): Promise<CrlRecord>;
  /** Signs anew what is due for the day, or owed since a signature failed. What can't be signed for days is said in the log. */
  refresh(): Promise<void>;
  entryCount(authority: AuthorityId): number;
  /** Has the last signature failed, so that standings have changed which no CRL carries? */
  isOwed(authority: AuthorityId): boolean;
  onPublished(listener: (crl: CrlRecord) => void): () => void;
}

interface Publication {
  readonly entries: CrlEntries;
  /** Serial numbers that leave with the next CRL, by serial number. */
  readonly leaving: Map<SerialNumber, Departure["cause"]>;
  waiting: { resolve: (crl: CrlRecord) => void; reject: (error: unknown) => void }[];
  running: Promise<void> | undefined;
  current: CrlRecord | undefined;
  /** Standings have changed that no stored CRL carries: signing failed, and is owed. */
  isOwed: boolean;
}

export async function createCrlPublisher(
  store: Store,
  authorities: Authorities,
  clock: Clock,
  log: Log,
  { days: nextUpdateDays, quietHour }: Settings["crl"],
): Promise<CrlPublisher> {
  const listeners = new Set<(crl: CrlRecord) => void>();
  const sayIfBehind = createBehindAlarm(log);
  const publications = new Map<AuthorityId, Publication>();
  for (const id of AUTHORITY_IDS) publications.set(id, await load(store, id, clock));

  function of(id: AuthorityId): Publication {
    const publication = publications.get(id);
    if (publication === undefined) throw new LatchkeyError("AUTHORITY_UNKNOWN", `There is no authority ${id}.`);
    return publication;
  }

  function next(id: AuthorityId): Promise<CrlRecord> {
    const publication = of(id);
    return new Promise((resolve, reject) => {
      publication.waiting.push({ resolve, reject });
      publication.running ??= run(id, publication).finally(() => {
        publication.running = undefined;
      });
    });
  }

  async function run(id: AuthorityId, publication: Publication): Promise<void> {
    while (publication.waiting.length > 0) {
      const served = publication.waiting;
      publication.waiting = [];
      try {
        const crl = await sign(id, publication);
        for (const { resolve } of served) resolve(crl);
      } catch (error) {
        log("service.failed", {
          what: `the CRL of ${id} could not be signed`,
          error: error instanceof Error ? error.message : String(error),
        });
        for (const { reject } of served) reject(error);
      }
    }
  }

  async function sign(id: AuthorityId, publication: Publication): Promise<CrlRecord> {
    const { entries, leaving, current } = publication;
    const at = clock.signingTime();
    // A revoked certificate stays until it was on a CRL issued after its expiry (RFC 5280 §3.3).
    if (current !== undefined)
      for (const serialNumber of expiredEntries(entries, current.thisUpdate)) {
        entries.remove(serialNumber);
        leaving.set(serialNumber, "expired");
      }
    const number = nextCrlNumber(current?.number, at);
    const gone = new Map([...leaving].filter(([serialNumber]) => !entries.has(serialNumber)));
    const departures = [...gone].map(([serialNumber, cause]) => ({ serialNumber, cause, crlNumber: number }));
    // Where its clock is behind by seconds, nginx would refuse everybody: "CRL is not yet valid" (X509_V_ERR_CRL_NOT_YET_VALID, 11).
    const thisUpdate = backdated(at);
    const { authority } = authorities.get(id);
    const nextUpdate = new Date(Math.min(thisUpdate.getTime() + nextUpdateDays * DAY_MILLIS, authority.notAfter.getTime()));
    const entryCount = entries.size;
    leaving.clear();
    publication.isOwed = false;
    try {
      const der = await createCrlSigner(authority).sign(entries, number, thisUpdate, nextUpdate);
      const crl: CrlRecord = { authority: id, number, thisUpdate, nextUpdate, der };
      const fields = { authority: id, crlNumber: String(number), entryCount, octets: der.length };
      await store.putCrl(crl, departures, { time: at, event: "crl.signed", actor: "system", fields });
      publication.current = crl;
      log("crl.signed", fields);
      for (const listener of [...listeners]) listener(crl);
      return crl;
    } catch (error) {
      publication.isOwed = true;
      for (const [serialNumber, cause] of gone) if (!leaving.has(serialNumber)) leaving.set(serialNumber, cause);
      throw error;
    }
  }

  function publish(id: AuthorityId, changed: readonly CertificateRecord[]): Promise<CrlRecord> {
    const publication = of(id);
    const { entries, leaving } = publication;
    publication.isOwed = true;
    for (const record of changed) {
      if (record.status === "valid") {
        entries.remove(record.serialNumber);
        leaving.set(record.serialNumber, "released");
      } else {
        entries.add(record);
      }
    }
    return next(id);
  }

  return {
    current: (id) => of(id).current,
    entryCount: (id) => of(id).entries.size,
    isOwed: (id) => of(id).isOwed && of(id).running === undefined,
    publish,
    async settled(id, found = []) {
      const publication = of(id);
      await publication.running;
      const missing = found.filter((record) => isMissing(record, publication.entries, clock.now()));
      if (missing.length > 0) return await publish(id, missing);
      return publication.current === undefined || publication.isOwed ? await next(id) : publication.current;
    },
    async refresh() {
      try {
        for (const [id, { current, isOwed }] of publications) {
          if (isOwed || current === undefined || isRefreshDue(current.thisUpdate, clock.now(), quietHour)) await next(id);
        }
      } finally {
        for (const [id, { current }] of publications) sayIfBehind(id, current, clock.now());
      }
    },
    onPublished(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Does the CRL say otherwise than the store? What has expired may have left it. */
function isMissing(record: CertificateRecord, entries: CrlEntries, at: Date): boolean {
  const isListed = entries.has(record.serialNumber);
  return record.status === "valid" ? isListed : !isListed && record.notAfter > at;
}

/** What the store knows, and what has left since the CRL in the store was signed: a process may have ended between the two. */
async function load(store: Store, id: AuthorityId, clock: Clock): Promise<Publication> {
  const entries = new CrlEntries();
  const current = await store.getCrl(id);
  const listed = new Set(current === undefined ? [] : Array.from(readCrl(current.der).entries(), (entry) => entry.serialNumber));
  for await (const record of store.revokedCertificates(id)) {
    const isExpired = record.notAfter.getTime() < clock.now().getTime();
    // One that has left the CRL after its expiry stays away.
    if (!isExpired || listed.has(record.serialNumber) || current === undefined || record.notAfter > current.thisUpdate) entries.add(record);
  }
  const leaving = new Map<SerialNumber, Departure["cause"]>();
  for (const serialNumber of listed) {
    if (entries.has(serialNumber)) continue;
    const record = await store.getCertificate({ authority: id, serialNumber });
    if (record?.status === "valid") leaving.set(serialNumber, "released");
  }
  return { entries, leaving, waiting: [], running: undefined, current, isOwed: false };
}
