import type { Settings } from "../../config.js";
import type { Log } from "../../log.js";
import type { Authority } from "../authority/authority.js";
import { CrlDelta, type CrlEntries, type CrlSigner, createCrlSigner, expiredEntries, nextCrlNumber } from "../authority/crl.js";
import { changeOfCrl } from "../authority/crl-change.js";
import { LatchkeyError } from "../authority/error.js";
import { type AdoptedId, type AuthorityId, type CertificateRecord, type CrlRecord, isAdopted, leadOf } from "../authority/types.js";
import { backdated } from "../authority/validity.js";
import { fingerprintOf, type Vouched } from "../authority/vouched.js";
import type { Store } from "../store/store.js";
import type { Clock } from "./clock.js";
import type { Authorities } from "./context.js";
import { createBehindAlarm } from "./crl-behind.js";
import type { CrlHistory } from "./crl-history.js";
import { list, loadPublication, type Publication, unlist } from "./crl-publication.js";
import { isRefreshDue } from "./crl-refresh.js";

const DAY_MILLIS = 24 * 3600_000;

/**
 * Keeps one CRL for each authority: signed for every revocation and every day. A lone revocation waits for nothing;
 * those that arrive while a CRL is being signed go together into the next. The CRL of `devices` vouches for those of the adopted CAs: it is signed
 * after each of theirs, and its number stands for all.
 */
export interface CrlPublisher {
  current(authority: AuthorityId): CrlRecord | undefined;
  /** How that one came from those before it. */
  history(authority: AuthorityId): CrlHistory;
  /**
   * Takes changed standings in and resolves with the first CRL that carries them, durable and handed to the listeners: of what adopted CAs have
   * issued, that of `devices` which vouches for theirs.
   */
  publish(authority: AuthorityId, changed: readonly CertificateRecord[]): Promise<CrlRecord>;
  /**
   * For standings that somebody has found as they should be: the CRL that carries them. It is the present one, once every signature under way
   * is done; a new one where one is owed, or where one of them is on no CRL: a write that has failed may be there after all.
   */
  settled(authority: AuthorityId, found?: readonly CertificateRecord[]): Promise<CrlRecord>;
  /** Signs anew what is due for the day, or owed since a signature failed. What can't be signed for days is said in the log. */
  refresh(): Promise<void>;
  /** The delta CRL of the present one (RFC 5280 §5.2.4), signed when it is first asked for; undefined where there are none. Throws INTERNAL. */
  delta(authority: AuthorityId): Promise<CrlRecord | undefined>;
  entryCount(authority: AuthorityId): number;
  /** Has the last signature failed, so that standings have changed which no CRL carries? */
  isOwed(authority: AuthorityId): boolean;
  onPublished(listener: (crl: CrlRecord) => void): () => void;
}

export async function createCrlPublisher(
  store: Store,
  authorities: Pick<Authorities, "ids" | "everyId" | "get">,
  clock: Clock,
  log: Log,
  { days: nextUpdateDays, quietHour, delta: isDeltaPublished }: Settings["crl"],
  publicationUrl?: string,
): Promise<CrlPublisher> {
  const deltaUrl = isDeltaPublished ? publicationUrl?.replace(/\/$/, "") : undefined;
  const listeners = new Set<(crl: CrlRecord) => void>();
  const sayIfBehind = createBehindAlarm(log);
  const publications = new Map<AuthorityId, Publication>();
  for (const id of authorities.everyId())
    publications.set(id, await loadPublication(store, id, clock, deltaUrl === undefined ? undefined : new CrlDelta()));

  /** Each one's template is built once: a new domain makes another authority of `servers`. */
  const signers = new WeakMap<Authority, CrlSigner>();
  function signerOf(authority: Authority): CrlSigner {
    const signer = signers.get(authority) ?? createCrlSigner(authority, deltaUrl && `${deltaUrl}/crl/${authority.id}-delta.crl`);
    signers.set(authority, signer);
    return signer;
  }

  function of(id: AuthorityId): Publication {
    const publication = publications.get(id);
    if (publication === undefined) throw new LatchkeyError("AUTHORITY_UNKNOWN", `There is no authority ${id}.`);
    return publication;
  }

  function next(id: AuthorityId): Promise<CrlRecord> {
    const publication = of(id);
    return new Promise((resolve, reject) => {
      publication.waiting.push({ resolve, reject });
      publication.running ??= run(id, publication);
    });
  }

  async function run(id: AuthorityId, publication: Publication): Promise<void> {
    // So that `running` is set before it can be taken back.
    await undefined;
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
    // With the last look at who waits: whoever comes now begins anew.
    publication.running = undefined;
  }

  async function sign(id: AuthorityId, publication: Publication): Promise<CrlRecord> {
    const at = clock.signingTime();
    const adopted = id === "devices" ? unended(at) : [];
    // One that was adopted a moment ago has none yet.
    for (const one of adopted) if (of(one).current === undefined) await next(one);
    const vouched = adopted.flatMap(vouchedFor);
    const { entries, leaving, current } = publication;
    // A revoked certificate stays until it was on a CRL issued after its expiry (RFC 5280 §3.3).
    if (current !== undefined)
      for (const serialNumber of expiredEntries(entries, current.thisUpdate)) {
        unlist(publication, serialNumber);
        leaving.set(serialNumber, "expired");
      }
    const { authority, lastCrlNumber } = authorities.get(id);
    const number = nextCrlNumber(current?.number ?? lastCrlNumber, at);
    const gone = new Map([...leaving].filter(([serialNumber]) => !entries.has(serialNumber)));
    const departures = [...gone].map(([serialNumber, cause]) => ({ serialNumber, cause, crlNumber: number }));
    // Where its clock is behind by seconds, nginx would refuse everybody: "CRL is not yet valid" (X509_V_ERR_CRL_NOT_YET_VALID, 11).
    const thisUpdate = backdated(at);
    const nextUpdate = new Date(Math.min(thisUpdate.getTime() + nextUpdateDays * DAY_MILLIS, authority.notAfter.getTime()));
    const entryCount = entries.size;
    leaving.clear();
    publication.isOwed = false;
    const { base } = publication;
    publication.base = undefined;
    const changed = entries.takeChange();
    const noted = publication.delta?.take() ?? new Map();
    try {
      const { der, sha256 } = await signerOf(authority).sign(entries, number, thisUpdate, nextUpdate, vouched);
      const crl: CrlRecord = { authority: id, number, thisUpdate, nextUpdate, der };
      const fields = { authority: id, crlNumber: String(number), entryCount, octets: der.length };
      const change = base && changeOfCrl(base, der, changed);
      await store.putCrl(crl, departures, { time: at, event: "crl.signed", actor: "system", fields }, change);
      publication.history.add(sha256, der.length, change);
      publication.base = der;
      publication.current = crl;
      publication.delta?.signed(number, thisUpdate, noted);
      publication.vouched = vouched;
      log("crl.signed", fields);
      for (const listener of [...listeners]) listener(crl);
      return crl;
    } catch (error) {
      publication.isOwed = true;
      publication.delta?.putBack(noted);
      for (const [serialNumber, cause] of gone) if (!leaving.has(serialNumber)) leaving.set(serialNumber, cause);
      throw error;
    }
  }

  /** Adopted CAs whose devices are still let in: of the others every certificate has ended. */
  function unended(at: Date): AdoptedId[] {
    return authorities
      .ids()
      .filter(isAdopted)
      .filter((id) => authorities.get(id).authority.notAfter > at);
  }

  function vouchedFor(id: AdoptedId): Vouched[] {
    const { current } = of(id);
    if (current === undefined) return [];
    return [{ fingerprint: fingerprintOf(authorities.get(id).authority.certificate), crlNumber: current.number }];
  }

  /** Does the CRL of `devices` name each adopted CA's present one, and no other? */
  function isVouching(at: Date): boolean {
    const named = ({ fingerprint, crlNumber }: Vouched) => `${fingerprint} ${crlNumber}`;
    return unended(at).flatMap(vouchedFor).map(named).join() === of("devices").vouched.map(named).join();
  }

  function takeIn(record: CertificateRecord): void {
    const publication = of(record.authority);
    publication.isOwed = true;
    if (record.status === "valid") {
      unlist(publication, record.serialNumber);
      publication.leaving.set(record.serialNumber, "released");
    } else {
      list(publication, record);
    }
  }

  async function signDelta(id: AuthorityId): Promise<CrlRecord | undefined> {
    const publication = of(id);
    const { current, delta, signedDelta } = publication;
    if (current === undefined || delta?.base === undefined) return undefined;
    if (signedDelta?.number === current.number) return await signedDelta.crl;
    const { number, thisUpdate, nextUpdate } = current;
    const signing = signerOf(authorities.get(id).authority).signDelta(delta.base, delta.entries(), number, thisUpdate, nextUpdate);
    const crl = signing.then(({ der }) => ({ ...current, der }));
    publication.signedDelta = { number, crl };
    try {
      return await crl;
    } catch (error) {
      // By then it may be another CRL's.
      if (publication.signedDelta?.crl === crl) publication.signedDelta = undefined;
      throw error;
    }
  }

  async function publish(id: AuthorityId, changed: readonly CertificateRecord[]): Promise<CrlRecord> {
    of(id).isOwed = true;
    for (const record of changed) takeIn(record);
    const touched = new Set([id, ...changed.map(({ authority }) => authority)]);
    const adopted = unended(clock.now()).filter((one) => touched.has(one));
    if (adopted.length > 0) await Promise.all(adopted.map(next));
    return await next(leadOf(id));
  }

  const isOwing = (id: AuthorityId) => of(id).current === undefined || of(id).isOwed;

  return {
    current: (id) => of(id).current,
    history: (id) => of(id).history,
    delta: signDelta,
    entryCount: (id) => of(id).entries.size,
    isOwed: (id) => of(id).isOwed && of(id).running === undefined,
    publish,
    async settled(id, found = []) {
      const lead = leadOf(id);
      const adopted = lead === "devices" ? unended(clock.now()) : [];
      await Promise.all([...adopted, lead].map((one) => of(one).running));
      const missing = found.filter((record) => isMissing(record, of(record.authority).entries, clock.now()));
      if (missing.length > 0) return await publish(lead, missing);
      await Promise.all(adopted.filter(isOwing).map(next));
      const { current } = of(lead);
      const isGood = current !== undefined && !isOwing(lead) && (lead !== "devices" || isVouching(clock.now()));
      return isGood ? current : await next(lead);
    },
    async refresh() {
      const now = clock.now();
      const adopted = unended(now);
      // That of `devices` after those that it vouches for.
      const ids = [...adopted, ...authorities.ids().filter((id) => !isAdopted(id))];
      const failures: unknown[] = [];
      // One that can't be signed (its key is away, say) keeps none of the others from being signed.
      const attempt = (id: AuthorityId) => next(id).catch((error: unknown) => void failures.push(error));
      for (const id of ids) {
        const { current } = of(id);
        if (isOwing(id) || current === undefined || isRefreshDue(current.thisUpdate, now, quietHour)) await attempt(id);
      }
      if (failures.length === 0 && !isVouching(now)) await attempt("devices");
      for (const id of ids) sayIfBehind(id, of(id).current, clock.now());
      if (failures.length > 0) throw failures[0];
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
