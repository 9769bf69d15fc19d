import { createHash } from "node:crypto";
import { type CrlDelta, CrlEntries, encodeRemoval, readCrl } from "../authority/crl.js";
import { locateEntries } from "../authority/crl-change.js";
import { refuseMalformed } from "../authority/der/error.js";
import type { AuthorityId, CertificateRecord, CrlNumber, CrlRecord, Departure, Der, SerialNumber } from "../authority/types.js";
import type { Vouched } from "../authority/vouched.js";
import type { Store } from "../store/store.js";
import type { Clock } from "./clock.js";
import { type CrlHistory, createCrlHistory } from "./crl-history.js";

/** What is known of an authority's CRLs, between one and the next. */
export interface Publication {
  readonly entries: CrlEntries;
  /** Serial numbers that leave with the next CRL, by serial number. */
  readonly leaving: Map<SerialNumber, Departure["cause"]>;
  waiting: { resolve: (crl: CrlRecord) => void; reject: (error: unknown) => void }[];
  running: Promise<void> | undefined;
  current: CrlRecord | undefined;
  readonly history: CrlHistory;
  /** The CRL that the entries' next change begins with; undefined where that is not known. */
  base: Der | undefined;
  /** Standings have changed that no stored CRL carries: signing failed, and is owed. */
  isOwed: boolean;
  /** Of `devices`: the adopted CAs' CRLs that its own names. */
  vouched: readonly Vouched[];
  /** Where delta CRLs are published. */
  readonly delta: CrlDelta | undefined;
  /** Of the present CRL, once it was asked for. */
  signedDelta: { readonly number: CrlNumber; readonly crl: Promise<CrlRecord> } | undefined;
}

/**
 * What the store knows, and what has left since the CRL in the store was signed: a process may have ended between the two. Of what that CRL lists no
 * record is read, unless its standing is another by now or may be of another day (a hold).
 */
export async function loadPublication(store: Store, id: AuthorityId, clock: Clock, delta: CrlDelta | undefined): Promise<Publication> {
  const current = await store.getCrl(id);
  const { entries, held } = refuseMalformed("STORE_CORRUPT", "The CRL in the store can't be read: restore a backup", () =>
    CrlEntries.of(current === undefined ? new Uint8Array() : entriesOf(current.der)),
  );
  if (current !== undefined) delta?.signed(current.number, current.thisUpdate, new Map());
  const unknown = new Set(entries.serialNumbers());
  for await (const { serialNumber, status, notAfter } of store.revokedCertificates(id)) {
    const isListed = unknown.delete(serialNumber);
    if (isListed) entries.noteExpiry(serialNumber, notAfter);
    // One that has left the CRL after its expiry stays away.
    else if (current !== undefined && notAfter <= current.thisUpdate && notAfter < clock.now()) continue;
    if (isListed && status === "revoked" && !held.has(serialNumber)) continue;
    const record = await store.getCertificate({ authority: id, serialNumber });
    if (record !== undefined) list({ entries, delta }, record);
  }
  const leaving = new Map<SerialNumber, Departure["cause"]>();
  for (const serialNumber of unknown) {
    unlist({ entries, delta }, serialNumber);
    const record = await store.getCertificate({ authority: id, serialNumber });
    if (record?.status === "valid") leaving.set(serialNumber, "released");
  }
  const der = current?.der ?? new Uint8Array();
  const history = createCrlHistory({ sha256: createHash("sha256").update(der).digest("hex"), sizeOctets: der.length });
  const vouched = current === undefined ? [] : readCrl(current.der).vouched;
  return {
    entries,
    leaving,
    waiting: [],
    running: undefined,
    current,
    history,
    base: current?.der,
    isOwed: false,
    vouched,
    delta,
    signedDelta: undefined,
  };
}

type Listed = Pick<Publication, "entries" | "delta">;

/** Puts what is held or revoked on the next CRL. */
export function list({ entries, delta }: Listed, record: CertificateRecord): void {
  entries.add(record);
  const entry = delta && entries.entryOf(record.serialNumber);
  if (entry !== undefined) delta?.note(record.serialNumber, entry);
}

/** Takes a serial number off it. */
export function unlist({ entries, delta }: Listed, serialNumber: SerialNumber): void {
  const entry = delta && entries.entryOf(serialNumber);
  entries.remove(serialNumber);
  if (entry !== undefined) delta?.note(serialNumber, encodeRemoval(entry));
}

function entriesOf(crl: Der): Uint8Array {
  const { offset, length } = locateEntries(crl);
  return crl.subarray(offset, offset + length);
}
