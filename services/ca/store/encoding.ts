import { LatchkeyError } from "../authority/error.js";
import type { CertificateRecord, Der } from "../authority/types.js";

/**
 * A value in the database: the length of a header (4 octets, big-endian), the header as JSON, then octets as they are
 * (a certificate, a CRL), so that DER is never blown up to base64.
 */
export function frame(header: unknown, octets: Uint8Array = new Uint8Array()): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const value = Buffer.allocUnsafe(4 + json.length + octets.length);
  value.writeUInt32BE(json.length, 0);
  value.set(json, 4);
  value.set(octets, 4 + json.length);
  return value;
}

/** Throws STORE_CORRUPT. */
export function unframe<Header>(value: Uint8Array): { header: Header; octets: Uint8Array } {
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  try {
    const length = buffer.readUInt32BE(0);
    if (4 + length > buffer.length) throw new RangeError("the header is longer than the value");
    return { header: JSON.parse(buffer.toString("utf8", 4, 4 + length)) as Header, octets: buffer.subarray(4 + length) };
  } catch (error) {
    throw new LatchkeyError(
      "STORE_CORRUPT",
      "A record in the store can't be read. Stop the CA and restore a backup into a new data folder.",
      { cause: error },
    );
  }
}

interface CertificateHeader {
  readonly a: CertificateRecord["authority"];
  readonly s: string;
  readonly p: CertificateRecord["profile"];
  readonly n: string;
  readonly i: string;
  readonly o?: string;
  readonly r?: CertificateRecord["operatorRole"];
  readonly w?: readonly string[];
  readonly nb: number;
  readonly na: number;
  readonly at: number;
  readonly k: string;
  readonly h: string;
  readonly q?: string;
  /** The place in the order of issuance. */
  readonly seq: number;
  readonly st?: "held" | "revoked";
  readonly rat?: number;
  readonly rr?: string;
}

/** A certificate's record with its place in the order of issuance. */
export interface StoredCertificate {
  readonly record: CertificateRecord;
  readonly sequence: number;
}

export function encodeCertificate({ record, sequence }: StoredCertificate): Uint8Array {
  const header: CertificateHeader = {
    a: record.authority,
    s: record.serialNumber,
    p: record.profile,
    n: record.deviceName,
    i: record.deviceId,
    ...(record.owner === "" ? {} : { o: record.owner }),
    ...(record.operatorRole === "" ? {} : { r: record.operatorRole }),
    ...(record.serverNames.length === 0 ? {} : { w: record.serverNames }),
    nb: record.notBefore.getTime(),
    na: record.notAfter.getTime(),
    at: record.issuedAt.getTime(),
    k: record.keyAlgorithm,
    h: record.publicKeyHash,
    ...(record.requestId === "" ? {} : { q: record.requestId }),
    seq: sequence,
    ...(record.status === "valid" ? {} : { st: record.status, rat: record.revokedAt.getTime() }),
    ...(record.status === "revoked" ? { rr: record.reason } : {}),
  };
  return frame(header, record.der);
}

export function decodeCertificate(value: Uint8Array): StoredCertificate {
  const { header: h, octets } = unframe<CertificateHeader>(value);
  const issued = {
    authority: h.a,
    serialNumber: h.s as CertificateRecord["serialNumber"],
    profile: h.p,
    deviceName: h.n,
    deviceId: h.i,
    owner: h.o ?? "",
    operatorRole: h.r ?? "",
    serverNames: h.w ?? [],
    notBefore: new Date(h.nb),
    notAfter: new Date(h.na),
    issuedAt: new Date(h.at),
    keyAlgorithm: h.k,
    publicKeyHash: h.h,
    requestId: h.q ?? "",
    der: octets as Der,
  } as const;
  const revokedAt = new Date(h.rat ?? 0);
  if (h.st === "revoked") {
    type Revoked = Extract<CertificateRecord, { status: "revoked" }>;
    return { sequence: h.seq, record: { ...issued, status: "revoked", revokedAt, reason: (h.rr ?? "unspecified") as Revoked["reason"] } };
  }
  if (h.st === "held") return { sequence: h.seq, record: { ...issued, status: "held", revokedAt } };
  return { sequence: h.seq, record: { ...issued, status: "valid" } };
}
