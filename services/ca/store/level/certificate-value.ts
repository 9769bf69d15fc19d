import type { CertificateRecord, Der } from "../../authority/types.js";
import { frame, unframe } from "./value.js";

/** The names are short: there is one of these for every certificate that was ever issued. */
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
  /** First and last seen, in ms since the epoch. */
  readonly fs?: number;
  readonly ls?: number;
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
    ...(record.firstSeenAt === undefined ? {} : { fs: record.firstSeenAt.getTime() }),
    ...(record.lastSeenAt === undefined ? {} : { ls: record.lastSeenAt.getTime() }),
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
    ...(h.fs === undefined ? {} : { firstSeenAt: new Date(h.fs) }),
    ...(h.ls === undefined ? {} : { lastSeenAt: new Date(h.ls) }),
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
