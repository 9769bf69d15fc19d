import { createHash } from "node:crypto";
import type { Duration } from "../../../generated/google/protobuf/duration.js";
import type { Certificate } from "../../../generated/latchkey/v1/certificate_service.js";
import type { Invitation } from "../../../generated/latchkey/v1/invitation_service.js";
import type { Subscriber } from "../../../generated/latchkey/v1/publication_service.js";
import { encodePem } from "../authority/der/pem.js";
import { LatchkeyError } from "../authority/error.js";
import { stateAt } from "../authority/invitation.js";
import { statusOf } from "../authority/revoke.js";
import type { AuthorityId, CertificateRecord, CrlNumber, Der, InvitationRecord } from "../authority/types.js";
import { AUTHORITY_IDS } from "../authority/types.js";
import type { PageRequest } from "../store/store.js";
import type { Authorities } from "../workflows/context.js";
import { certificateName } from "../workflows/selection.js";
import type { SubscriberState } from "../workflows/subscribers.js";

/** A record as the API shows it; `pem` is left out of lists. */
export function toCertificate(record: CertificateRecord, at: Date, withPem: boolean): Certificate {
  const reason = record.status === "revoked" ? record.reason : record.status === "held" ? "certificateHold" : "unspecified";
  return {
    name: certificateName(record),
    serialNumber: record.serialNumber,
    authority: record.authority,
    deviceName: record.deviceName,
    deviceId: record.deviceId,
    owner: record.owner,
    profile: record.profile,
    status: statusOf(record, at),
    notBefore: record.notBefore,
    notAfter: record.notAfter,
    issueTime: record.issuedAt,
    revokeTime: record.status === "valid" ? undefined : record.revokedAt,
    revocationReason: reason === "unspecified" ? "" : reason,
    keyAlgorithm: record.keyAlgorithm,
    sha256Fingerprint: createHash("sha256").update(record.der).digest("hex"),
    serverNames: [...record.serverNames],
    operatorRole: record.operatorRole,
    firstSeenTime: record.firstSeenAt,
    lastSeenTime: record.lastSeenAt,
    pem: withPem && record.der.length > 0 ? encodePem("CERTIFICATE", record.der) : "",
  };
}

/** The certificate and what a relying party wants with it: of `servers` the intermediate, else the authority itself. */
export function toChain(record: CertificateRecord, authorities: Authorities): string {
  const { authority } = authorities.get(record.authority);
  return encodePem("CERTIFICATE", record.der) + pemOfAuthority(authority.certificate);
}

/** There are few, and one goes with every certificate that is issued. */
const pemsOfAuthorities = new WeakMap<Der, string>();

function pemOfAuthority(certificate: Der): string {
  const pem = pemsOfAuthorities.get(certificate) ?? encodePem("CERTIFICATE", certificate);
  pemsOfAuthorities.set(certificate, pem);
  return pem;
}

export function toInvitation(record: InvitationRecord, at: Date): Invitation {
  const { state } = record;
  return {
    name: `invitations/${record.id}`,
    deviceName: record.deviceName,
    owner: record.owner,
    state: stateAt(record, at),
    createTime: record.createdAt,
    expireTime: record.expiresAt,
    redeemTime: state.kind === "redeemed" ? state.at : undefined,
    serialNumber: state.kind === "redeemed" ? state.serialNumber : "",
    renewal: record.renewal,
  };
}

export function toSubscriber({ record, connected, heldCrl, behind }: SubscriberState): Subscriber {
  return {
    name: record.name,
    connected,
    enforcedCrlNumber: record.enforcedCrlNumber?.toString() ?? "",
    registerTime: record.registeredAt,
    reportTime: record.reportedAt,
    problem: record.problem,
    problemDetail: record.problemDetail,
    relyingParty: record.relyingParty,
    clockSkewMillis: toInt32(record.clockSkewMillis),
    offersHeldCrl: heldCrl !== undefined,
    warnings: (record.warnings ?? []).map(({ code, message }) => ({ code, message })),
    enforcedNextUpdate: record.enforcedNextUpdate,
    enforcedAfter: record.enforcedAfterMillis === undefined ? undefined : toDuration(record.enforcedAfterMillis),
    crlsBehind: behind?.crls ?? 0,
    behindStartTime: behind?.since,
    lastProblem: record.lastProblem?.code ?? "",
    lastProblemDetail: record.lastProblem?.message ?? "",
    lastProblemTime: record.lastProblem?.at,
  };
}

/** A clock that is off by more than 24 days is off by 24 days: what does not fit would fail the whole answer. */
export function toInt32(value: number): number {
  return Math.trunc(Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1));
}

function toDuration(millis: number): Duration {
  const seconds = Math.floor(millis / 1_000);
  return { seconds: String(seconds), nanos: Math.trunc(millis - seconds * 1_000) * 1_000_000 };
}

/** SHA-256 of a certificate as phones print it: `AB:CD:…`. */
export function phoneFingerprint(certificate: Der): string {
  const hex = createHash("sha256").update(certificate).digest("hex").toUpperCase();
  return hex.replaceAll(/(..)(?=.)/g, "$1:");
}

/** Throws AUTHORITY_UNKNOWN. */
export function parseAuthority(text: string, fallback?: AuthorityId): AuthorityId {
  const id = text === "" ? fallback : AUTHORITY_IDS.find((known) => known === text);
  if (id === undefined) {
    throw new LatchkeyError("AUTHORITY_UNKNOWN", `There is no authority "${text}": they are ${AUTHORITY_IDS.join(", ")}.`, {
      violations: [{ field: "authority", description: "is not known" }],
    });
  }
  return id;
}

/** Up to 20 octets (RFC 5280 §5.2.3), in decimal. Throws FIELD_INVALID. */
export function parseCrlNumber(text: string, field: string): CrlNumber {
  if (!/^[0-9]{1,49}$/.test(text)) {
    throw new LatchkeyError("FIELD_INVALID", `"${text.slice(0, 60)}" is no CRL number: it is a decimal string.`, {
      violations: [{ field, description: "is not a decimal number of 20 octets at most" }],
    });
  }
  return BigInt(text);
}

const DEFAULT_PAGE = 50;
const LARGEST_PAGE = 1000;

/** AIP-158: 0 is the default, more than the largest is the largest, less than 0 is refused. */
export function toPageRequest({ pageSize, pageToken }: { pageSize: number; pageToken: string }): PageRequest {
  if (pageSize < 0) {
    throw new LatchkeyError("FIELD_INVALID", "A page can't have fewer than 0 items.", {
      violations: [{ field: "page_size", description: "is negative" }],
    });
  }
  return { size: pageSize === 0 ? DEFAULT_PAGE : Math.min(pageSize, LARGEST_PAGE), token: pageToken };
}
