import type { AuthorityId, CertificateKey, CrlNumber, SerialNumber } from "../../authority/types.js";

/**
 * The keys of the database. Parts are separated by NUL, which no name contains; numbers are padded so that their order is
 * that of their text. The first part says what it is.
 */
export type Key = Uint8Array;

const SEPARATOR = "\0";
const DIGITS = 16;
/** 20 octets in decimal. */
const CRL_NUMBER_DIGITS = 49;

const join = (...parts: string[]): Key => Buffer.from(parts.join(SEPARATOR));
const padded = (number: number): string => String(number).padStart(DIGITS, "0");

export const key = {
  format: join("format"),
  restoring: join("restoring"),
  counts: join("counts"),
  /** The counters, and the newest time. */
  state: join("state"),

  certificate: ({ authority, serialNumber }: CertificateKey) => join("certificate", authority, serialNumber),
  bySequence: (sequence: number) => join("by-sequence", padded(sequence)),
  byAuthority: (authority: AuthorityId, sequence: number) => join("by-authority", authority, padded(sequence)),
  byName: (name: string, sequence: number) => join("by-name", name, padded(sequence)),
  byOwner: (owner: string, sequence: number) => join("by-owner", owner, padded(sequence)),
  byStatus: (status: "held" | "revoked", sequence: number) => join("by-status", status, padded(sequence)),
  byExpiry: (notAfter: Date, sequence: number) => join("by-expiry", padded(notAfter.getTime()), padded(sequence)),
  byRequest: (requestId: string) => join("by-request", requestId),
  revoked: ({ authority, serialNumber }: CertificateKey) => join("revoked", authority, serialNumber),
  compromised: (publicKeyHash: string) => join("compromised", publicKeyHash),

  device: (name: string) => join("device", name),
  invitation: (id: string) => join("invitation", id),
  invitationByToken: (tokenHash: string) => join("invitation-token", tokenHash),
  invitationBySequence: (sequence: number) => join("invitation-sequence", padded(sequence)),
  openInvitation: (id: string) => join("invitation-open", id),

  crl: (authority: AuthorityId) => join("crl", authority),
  departure: (authority: AuthorityId, number: CrlNumber, serialNumber: SerialNumber | "") =>
    join("departure", authority, String(number).padStart(CRL_NUMBER_DIGITS, "0"), serialNumber),

  subscriber: (name: string) => join("subscriber", name),
  document: (name: string) => join("document", name),
  audit: (sequence: number) => join("audit", padded(sequence)),
};

/** A half-open range of keys. */
export interface Range {
  readonly gte: Key;
  readonly lt: Key;
}

/** All keys whose first parts are these. */
export function under(...parts: string[]): Range {
  return { gte: join(...parts, ""), lt: Buffer.concat([join(...parts), Buffer.of(1)]) };
}

/** All keys whose last named part begins with this text. */
export function beginning(...parts: string[]): Range {
  return { gte: join(...parts), lt: Buffer.concat([join(...parts), Buffer.of(0xff)]) };
}

/** The last part of a key. */
export function lastPart(full: Key): string {
  const text = Buffer.from(full).toString();
  return text.slice(text.lastIndexOf(SEPARATOR) + 1);
}

/** The expiry index between two times. */
export function expiring(from: Date | undefined, to: Date | undefined): Range {
  const all = under("by-expiry");
  return {
    gte: from === undefined ? all.gte : join("by-expiry", padded(from.getTime() + 1), ""),
    lt: to === undefined ? all.lt : join("by-expiry", padded(Math.max(0, to.getTime())), ""),
  };
}
