import type { AuthorityId, CertificateKey, CrlNumber, NoticeKey, SerialNumber } from "../../authority/types.js";
import { readText } from "./value.js";

/**
 * The keys of the database. Parts are separated by NUL, which no name contains; numbers are padded so that their order is
 * that of their text. The first part says what it is.
 */
export type Key = Uint8Array;

/** Under which standing a certificate is filed: the one on record, but what has ended is filed as valid until the next sweep. */
export type Filing = "valid" | "expired" | "held" | "revoked";
export const FILINGS = ["valid", "expired", "held", "revoked"] as const satisfies readonly Filing[];

const SEPARATOR = "\0";
const DIGITS = 16;
/** 20 octets in decimal. */
const CRL_NUMBER_DIGITS = 49;

export const join = (...parts: string[]): Key => Buffer.from(parts.join(SEPARATOR));
export const padded = (number: number): string => String(number).padStart(DIGITS, "0");

export const key = {
  format: join("format"),
  restoring: join("restoring"),
  /** While a store of an earlier format is brought to this one: the last certificate that is done. */
  migrating: join("migrating"),
  counts: join("counts"),
  /** The counters, and the newest time. */
  state: join("state"),

  certificate: ({ authority, serialNumber }: CertificateKey) => join("certificate", authority, serialNumber),
  byRequest: (requestId: string) => join("by-request", requestId),
  byName: (name: string, sequence: number) => join("by-name", name, padded(sequence)),
  byOwner: (owner: string, sequence: number) => join("by-owner", owner, padded(sequence)),
  /** What a holder or an authority has of one filing, in the order of issuance. */
  issued: (of: "authority" | "name" | "owner", value: string, filing: Filing, sequence: number) =>
    join("issued", of, value, filing, padded(sequence)),
  /** What an authority has of one filing, in the order of expiry. */
  ending: (authority: AuthorityId, filing: Filing, notAfter: Date, sequence: number) =>
    join("ending", authority, filing, padded(notAfter.getTime()), padded(sequence)),
  compromised: (publicKeyHash: string) => join("compromised", publicKeyHash),

  device: (name: string) => join("device", name),
  invitation: (id: string) => join("invitation", id),
  invitationByToken: (tokenHash: string) => join("invitation-token", tokenHash),
  invitationBySequence: (sequence: number) => join("invitation-sequence", padded(sequence)),
  openInvitation: (id: string) => join("invitation-open", id),

  crl: (authority: AuthorityId) => join("crl", authority),
  crlChange: (authority: AuthorityId) => join("crl-change", authority),
  departure: (authority: AuthorityId, number: CrlNumber, serialNumber: SerialNumber | "") =>
    join("departure", authority, String(number).padStart(CRL_NUMBER_DIGITS, "0"), serialNumber),

  notice: ({ serialNumber, channel, daysBefore }: NoticeKey) => join("notice", serialNumber, channel, padded(daysBefore)),
  /** What a channel has still to deliver, or has given up, in the order of the time of that. */
  undelivered: (kind: "waiting" | "dead", at: Date, { serialNumber, channel, daysBefore }: NoticeKey) =>
    join("notice-undelivered", channel, kind, padded(at.getTime()), serialNumber, padded(daysBefore)),

  subscriber: (name: string) => join("subscriber", name),
  document: (name: string) => join("document", name),
  audit: (sequence: number) => join("audit", padded(sequence)),
};

/** A half-open range of keys. */
export interface Range {
  readonly gte: Key;
  readonly lt: Key;
}

/** The keys of a range that begin with a prefix; what follows the prefix is their order. */
export interface List extends Range {
  readonly prefix: Key;
}

/** All keys whose first parts are these. */
export function under(...parts: string[]): List {
  const prefix = join(...parts, "");
  return { prefix, gte: prefix, lt: Buffer.concat([join(...parts), Buffer.of(1)]) };
}

/** All keys whose last named part begins with this text. */
export function beginning(...parts: string[]): List {
  const prefix = join(...parts);
  return { prefix, gte: prefix, lt: Buffer.concat([prefix, Buffer.of(0xff)]) };
}

/** What an authority has of one filing that ends at `from` or later, and before `to`. */
export function ending(authority: AuthorityId, filing: Filing, { from, to }: { from?: Date | undefined; to?: Date | undefined }): List {
  const all = under("ending", authority, filing);
  const at = (time: Date) => join("ending", authority, filing, padded(Math.max(0, time.getTime())), "");
  return { ...all, ...(from === undefined ? {} : { gte: at(from) }), ...(to === undefined ? {} : { lt: at(to) }) };
}

/** When what stands at this place of such a list ends: the key, as text. */
export function endIn(place: string): Date {
  const end = place.lastIndexOf(SEPARATOR);
  return new Date(Number(place.slice(end - DIGITS, end)));
}

/** The next key after this one. */
export function after(full: Key): Key {
  return Buffer.concat([full, Buffer.of(0)]);
}

/** The last part of a key. */
export function lastPart(full: Key): string {
  const text = readText(full);
  return text.slice(text.lastIndexOf(SEPARATOR) + 1);
}
