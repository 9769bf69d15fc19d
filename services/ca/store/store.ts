import type { EventName } from "../../log.js";
import type { CrlPiece } from "../authority/crl-change.js";
import type {
  AuthorityId,
  CertificateKey,
  CertificateRecord,
  CrlNumber,
  CrlRecord,
  Departure,
  DeviceName,
  DeviceRecord,
  InvitationRecord,
  NoticeChannel,
  NoticeKey,
  NoticeRecord,
  ProfileId,
  SerialNumber,
  SubscriberRecord,
} from "../authority/types.js";

/**
 * What the authority needs of a database. Every promise resolves once its effect is durable (fsync'd);
 * concurrent calls share commits. Each writing call is one transaction: all of it or nothing,
 * with its audit record in the same commit (those that have none say why). `test/integration/store-contract.ts` is the suite that
 * every engine passes.
 */
export interface Store {
  // Certificates

  /** Throws SERIAL_NUMBER_EXISTS. A `device` is created with it; if the name has a record already, that record must have the same id (else DEVICE_NAME_TAKEN). */
  insertCertificate(certificate: CertificateRecord, device: DeviceRecord | undefined, audit: AuditEntry): Promise<void>;
  getCertificate(key: CertificateKey): Promise<CertificateRecord | undefined>;
  /** By the idempotency key of the request that it came from. */
  getCertificateByRequestId(requestId: string): Promise<CertificateRecord | undefined>;
  /**
   * Reads, changes and writes each record, atomically against every other call. `update` returns the same object to leave a record as it is.
   * `audit` is called with the records that changed; nothing is written when none did. Returns all records in the order of `keys`;
   * throws CERTIFICATE_NOT_FOUND if one is missing, and what `update` throws, with nothing written.
   */
  updateCertificates(
    keys: readonly CertificateKey[],
    update: (record: CertificateRecord) => CertificateRecord,
    audit: (changed: readonly CertificateRecord[]) => AuditEntry,
  ): Promise<CertificateRecord[]>;
  /** Notes when a certificate was seen, for the first time or again. Not audited: it happens all day. An unknown one is passed over. */
  markSeen(key: CertificateKey, at: Date): Promise<void>;
  /**
   * O(page), not O(all). In the order of issuance, newest first; but in the order of serial numbers if the query has one, in that of names or
   * owners by the beginning of one, and in that of expiry, latest first, in a window of expiry that is not of one holder.
   * Throws PAGE_TOKEN_INVALID.
   */
  listCertificates(query: CertificateQuery, page: PageRequest): Promise<Page<CertificateRecord>>;
  /**
   * Files what has expired by `at` apart from what is valid (and back again what an earlier, later `at` had filed too early), so that listing
   * one never walks over the other. To be called now and then: it changes what a list costs and not what it says. No record changes: nothing is audited.
   */
  sweepExpired(at: Date): Promise<void>;
  /** Every held or revoked certificate of an authority, in any order: what its CRL has to say. Reads a list of them, no record. */
  revokedCertificates(authority: AuthorityId): AsyncIterable<RevokedCertificate>;
  /** Is there a certificate with this key that was revoked for keyCompromise? */
  isKeyCompromised(publicKeyHash: string): Promise<boolean>;
  countCertificates(): Promise<{ issued: number; revoked: number; held: number }>;

  // Devices

  getDevice(name: DeviceName): Promise<DeviceRecord | undefined>;

  // Invitations

  insertInvitation(invitation: InvitationRecord, audit: AuditEntry): Promise<void>;
  getInvitation(id: string): Promise<InvitationRecord | undefined>;
  getInvitationByTokenHash(tokenHash: string): Promise<InvitationRecord | undefined>;
  /** Newest first. */
  listInvitations(page: PageRequest): Promise<Page<InvitationRecord>>;
  /** All whose state is `open`: few. */
  openInvitations(): Promise<InvitationRecord[]>;
  /** Reads, changes and writes the record, atomically. Throws INVITATION_NOT_FOUND. */
  updateInvitation(
    id: string,
    update: (record: InvitationRecord) => InvitationRecord,
    audit: (changed: InvitationRecord) => AuditEntry,
  ): Promise<InvitationRecord>;
  /**
   * One transaction: the invitation changes by `redeem` (which throws if it is not open any more) and the certificate
   * and device are stored. Of two that race, one wins; the other's certificate never existed for anybody.
   */
  redeemInvitation(
    id: string,
    redeem: (record: InvitationRecord) => InvitationRecord,
    certificate: CertificateRecord,
    device: DeviceRecord,
    audit: AuditEntry,
  ): Promise<InvitationRecord>;

  // CRLs

  getCrl(authority: AuthorityId): Promise<CrlRecord | undefined>;
  /**
   * Replaces the authority's CRL. Throws CRL_INVALID unless the number is greater than every one before.
   *
   * @param change what makes it of the one that was put last: it may be written in its place
   */
  putCrl(crl: CrlRecord, departures: readonly Departure[], audit: AuditEntry, change?: readonly CrlPiece[]): Promise<void>;
  /** Departures whose CRL number is greater than `since`. */
  departuresSince(authority: AuthorityId, since: CrlNumber): Promise<Departure[]>;

  // Subscribers (registered ones persist)

  listSubscribers(): Promise<SubscriberRecord[]>;
  /** A name that registers again begins anew. */
  insertSubscriber(subscriber: SubscriberRecord, audit: AuditEntry): Promise<void>;
  /**
   * Replaces the record with what its holder reports; one that was removed stays removed. Not audited: every hook reports every CRL,
   * and only whom to wait for is an administrator's matter.
   */
  updateSubscriber(subscriber: SubscriberRecord): Promise<void>;
  deleteSubscriber(name: string, audit: AuditEntry): Promise<void>;

  // Notices of device certificates that are about to end: what was told, and what is still to be

  /** Those that are there already stay as they are. `audit` is called with the others, which are returned; nothing is written when there are none. */
  insertNotices(notices: readonly NoticeRecord[], audit: (inserted: readonly NoticeRecord[]) => AuditEntry): Promise<NoticeRecord[]>;
  /** All of one certificate, in any state: few. */
  noticesOf(serialNumber: SerialNumber): Promise<NoticeRecord[]>;
  /** Those of a channel that wait (whose next try comes first, first) or were given up (the longest ago first): at most `limit`. O(limit). */
  undeliveredNotices(channel: NoticeChannel, kind: "waiting" | "dead", limit: number): Promise<NoticeRecord[]>;
  /**
   * Reads, changes and writes the record, atomically; undefined if there is none. `audit` may have nothing to say: a try that failed
   * and is made again is not audited, since a receiver that is away would fill the log.
   */
  updateNotice(
    key: NoticeKey,
    update: (record: NoticeRecord) => NoticeRecord,
    audit: (changed: NoticeRecord) => AuditEntry | undefined,
  ): Promise<NoticeRecord | undefined>;
  /**
   * Looks at `limit` notices, in an order of its own, from `from` on (empty: at the beginning), and deletes those that nobody can need any more:
   * delivered or withdrawn, of a device's certificate that ended before `endedBefore`, or that is not there. Answers how many went, and where to
   * go on (empty: that was the end). O(limit).
   */
  pruneNotices(endedBefore: Date, from: string, limit: number): Promise<{ readonly pruned: number; readonly next: string }>;

  // Settings of the authority itself (certificates of the authorities, their sealed keys' names): small documents by name

  getDocument(name: string): Promise<Uint8Array | undefined>;
  putDocument(name: string, content: Uint8Array, audit: AuditEntry): Promise<void>;

  // Audit

  appendAudit(entry: AuditEntry): Promise<void>;
  /** In order, those after `afterSequence`, at most `limit`. */
  auditRecords(afterSequence: number, limit: number): Promise<AuditRecord[]>;

  /** The newest time that anything in the store bears: the CA signs nothing while its clock is before it. */
  newestTime(): Promise<Date>;
  /** Takes the entry's time for the newest, however far the store is ahead of it: a clock that was wrong has been put right. */
  acceptTime(entry: AuditEntry): Promise<void>;

  /** A consistent copy, as chunks of octets, while everything goes on. */
  backup(): AsyncIterable<Uint8Array>;
  /** Fills an empty store from a backup, with these documents in place of the backup's: all of it or nothing. Throws STORE_CORRUPT, DATA_IN_USE. */
  restore(chunks: AsyncIterable<Uint8Array>, documents?: Readonly<Record<string, Uint8Array>>): Promise<void>;

  /** Waits for what is under way, then closes. */
  close(): Promise<void>;
}

/** Is told of each group of transactions that an engine writes. */
export interface CommitObserver {
  /** It is durable, after so many seconds. */
  written(transactions: number, seconds: number): void;
  failed(): void;
}

/** What happened, before it has its place in the log. */
export interface AuditEntry {
  readonly time: Date;
  readonly event: EventName;
  /** `operator:{name}` or `system`. */
  readonly actor: string;
  readonly fields: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/** In the log: numbered, and chained by the hash of the one before. */
export interface AuditRecord extends Omit<AuditEntry, "event"> {
  /** As it was written: an earlier version may have known events that this one does not. */
  readonly event: string;
  readonly sequence: number;
  /** Lower-case hex; 64 zeros before the first. */
  readonly previousHash: string;
  /** SHA-256 over the canonical bytes of all the other fields, lower-case hex. */
  readonly hash: string;
}

export interface CertificateQuery {
  readonly authority?: AuthorityId;
  /** `valid` and `expired` are told apart by `at`. */
  readonly status?: "valid" | "held" | "revoked" | "expired";
  readonly deviceName?: TextMatch;
  readonly owner?: TextMatch;
  readonly serialNumber?: TextMatch;
  readonly operatorRole?: string;
  /** Canaries are no devices: they are left out, unless this or a serial number asks for them. */
  readonly profile?: ProfileId;
  readonly notAfterBefore?: Date;
  readonly notAfterAfter?: Date;
  /** The clock's reading that `expired` is judged by. */
  readonly at: Date;
}

/** As much of a certificate as a list of those that are held or revoked says. */
export interface RevokedCertificate {
  readonly serialNumber: SerialNumber;
  readonly status: "held" | "revoked";
  readonly notAfter: Date;
}

export interface TextMatch {
  readonly text: string;
  readonly match: "exact" | "prefix";
}

export interface PageRequest {
  /** 1 to 1000. */
  readonly size: number;
  /** Empty for the first page. */
  readonly token: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Empty on the last page. */
  readonly nextToken: string;
}
