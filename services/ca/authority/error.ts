/**
 * Every reason for which Latchkey refuses something. The same list is the enum `ErrorReason` of
 * `proto/latchkey/v1/error_reason.proto` (with its prefix); a test holds the two together.
 * gRPC status, HTTP problem and exit code are derived from the code, in one table each.
 */
export type ErrorCode =
  | "CSR_MALFORMED"
  | "CSR_TRAILING_BYTES"
  | "CSR_TOO_LARGE"
  | "PROOF_OF_POSSESSION_FAILED"
  | "KEY_TYPE_NOT_ALLOWED"
  | "KEY_SIZE_NOT_ALLOWED"
  | "KEY_EXPONENT_NOT_ALLOWED"
  | "KEY_WEAK"
  | "KEY_COMPROMISED"
  | "SUBJECT_NOT_ALLOWED"
  | "NAME_NOT_ALLOWED"
  | "FIELD_INVALID"
  | "DEVICE_NAME_INVALID"
  | "FILTER_INVALID"
  | "PAGE_TOKEN_INVALID"
  | "REASON_NOT_ALLOWED"
  | "PROFILE_UNKNOWN"
  | "AUTHORITY_UNKNOWN"
  | "MESSAGE_TOO_LARGE"
  | "CRL_INVALID"
  | "DOMAIN_INVALID"
  | "CERTIFICATE_NOT_FOUND"
  | "DEVICE_NOT_FOUND"
  | "INVITATION_NOT_FOUND"
  | "SUBSCRIBER_NOT_FOUND"
  | "DEVICE_NAME_TAKEN"
  | "CERTIFICATE_NOT_HELD"
  | "CERTIFICATE_REVOKED"
  | "CERTIFICATE_EXPIRED"
  | "INVITATION_EXPIRED"
  | "INVITATION_REDEEMED"
  | "INVITATION_CANCELED"
  | "INVITATION_LOCKED"
  | "PROOF_WRONG"
  | "SERIAL_NUMBER_EXISTS"
  | "LAST_ADMIN"
  | "OPERATOR_NAME_TAKEN"
  | "RECOVERY_PASSPHRASE_WRONG"
  | "PASSPHRASE_WRONG"
  | "PASSPHRASE_MISSING"
  | "DOWNLOAD_OVER"
  | "CANARIES_NOT_REFUSED"
  | "UNAUTHENTICATED"
  | "OPERATOR_REVOKED"
  | "ROLE_NOT_ALLOWED"
  | "TOO_MANY_REQUESTS"
  | "NOT_ON_LAN"
  | "HOST_NOT_ALLOWED"
  | "ORIGIN_NOT_ALLOWED"
  | "CERTIFICATE_REQUIRED"
  | "ENROLLMENT_CLOSED"
  | "CLOCK_BEHIND"
  | "DATA_IN_USE"
  | "STORE_CORRUPT"
  | "STORE_FULL"
  | "UNAVAILABLE"
  | "INTERNAL"
  | "SETTINGS_INVALID"
  | "AUTHORITY_EXPIRED"
  | "DEADLINE_EXCEEDED"
  | "CRL_NOT_SIGNED"
  | "CA_NOT_ADOPTABLE";

export interface FieldViolation {
  /** The request's field, in the proto's spelling. */
  readonly field: string;
  readonly description: string;
}

/** A refusal: a stable code, and a sentence for a person (what happened, what it means, what to do now). */
export class LatchkeyError extends Error {
  override readonly name = "LatchkeyError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown; violations?: readonly FieldViolation[] },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.violations = options?.violations ?? [];
  }

  readonly violations: readonly FieldViolation[];
}
