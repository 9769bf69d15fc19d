import { LatchkeyError } from "./error.js";
import { type CertificateRecord, type IssuedRecord, REVOCATION_REASONS, type RevocationReason } from "./types.js";

/** Reasons that say "not any more" (RFC 5280 §5.3.1); the other two belong to holds. */
const FINAL_REASONS = Object.keys(REVOCATION_REASONS).filter((reason) => reason !== "certificateHold" && reason !== "removeFromCRL");

/**
 * Revokes a certificate (RFC 5280 §5.3.1). Revoking twice is the same as once: the first reason stands, and the same record
 * comes back. A held one is revoked from the day of its hold on. Throws REASON_NOT_ALLOWED.
 */
export function revoke(record: CertificateRecord, reason: RevocationReason, at: Date): CertificateRecord {
  refuseReasonOfHold(reason);
  if (record.status === "revoked") return record;
  const revokedAt = record.status === "held" ? record.revokedAt : at;
  return { ...issued(record), status: "revoked", revokedAt, reason };
}

/** Throws REASON_NOT_ALLOWED for a reason that says anything else than "not any more". */
export function refuseReasonOfHold(reason: RevocationReason): void {
  if (reason === "removeFromCRL")
    throw new LatchkeyError("REASON_NOT_ALLOWED", "removeFromCRL only releases a hold: use `latchkey release`.");
  if (reason === "certificateHold")
    throw new LatchkeyError("REASON_NOT_ALLOWED", "certificateHold is a hold, which can be released: use `latchkey hold`.");
}

/** Suspends a certificate (certificateHold). Holding twice is the same as once. Throws CERTIFICATE_REVOKED. */
export function hold(record: CertificateRecord, at: Date): CertificateRecord {
  if (record.status === "held") return record;
  if (record.status === "revoked") {
    throw new LatchkeyError(
      "CERTIFICATE_REVOKED",
      `The certificate ${record.serialNumber} is revoked, and that is final: there is nothing left to hold.`,
    );
  }
  return { ...issued(record), status: "held", revokedAt: at };
}

/** Ends a hold. Throws CERTIFICATE_NOT_HELD; a revocation is final. */
export function release(record: CertificateRecord): CertificateRecord {
  if (record.status === "held") return { ...issued(record), status: "valid" };
  if (record.status === "revoked") {
    throw new LatchkeyError(
      "CERTIFICATE_NOT_HELD",
      `The certificate ${record.serialNumber} is revoked, and that is final. Invite the device again for a new one.`,
    );
  }
  throw new LatchkeyError("CERTIFICATE_NOT_HELD", `The certificate ${record.serialNumber} is not held: there is nothing to release.`);
}

/** What a certificate counts for at a time. A standing that was recorded outlives the validity. */
export function statusOf(record: CertificateRecord, at: Date): "valid" | "held" | "revoked" | "expired" {
  return record.status === "valid" && at > record.notAfter ? "expired" : record.status;
}

/** Reads a CRLReason's identifier; empty is `unspecified`. Throws REASON_NOT_ALLOWED. */
export function parseReason(text: string): RevocationReason {
  if (text === "") return "unspecified";
  if (isReason(text)) return text;
  throw new LatchkeyError(
    "REASON_NOT_ALLOWED",
    `${JSON.stringify(text.slice(0, 40))} is no reason for a revocation. RFC 5280 knows: ${FINAL_REASONS.join(", ")}.`,
    {
      violations: [{ field: "reason", description: `one of ${FINAL_REASONS.join(", ")}` }],
    },
  );
}

function isReason(text: string): text is RevocationReason {
  return Object.hasOwn(REVOCATION_REASONS, text);
}

/** The record without its standing. */
function issued(record: CertificateRecord): IssuedRecord {
  const { status: _status, revokedAt: _revokedAt, reason: _reason, ...rest } = { revokedAt: undefined, reason: undefined, ...record };
  return rest;
}
