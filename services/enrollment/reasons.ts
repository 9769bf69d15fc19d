import type { Reason } from "../../clients/connect/error.js";

/** How a reason is shown over HTTP: status, title, and the sentence in place of the CA's where that may name hosts and files. */
export type Shown = readonly [status: number, title: string, detail?: string];

const NOT_RIGHT = [400, "The request is not right"] as const;
const SOON = "Try again in a moment; the owner finds more in the log.";
const away = (title: string) => [503, title, `${title}. ${SOON}`] as const;
/** What the CA never answers to this service: one of the two has a mistake. */
const UNEXPECTED = [500, "An unexpected error", `An unexpected error. ${SOON}`] as const;

/** The one table from reason to what is shown. A new reason is decided on here: none is the caller's mistake by default. */
export const REASONS = {
  CSR_MALFORMED: NOT_RIGHT,
  CSR_TRAILING_BYTES: NOT_RIGHT,
  CSR_TOO_LARGE: [413, "The request is too large"],
  PROOF_OF_POSSESSION_FAILED: NOT_RIGHT,
  KEY_TYPE_NOT_ALLOWED: NOT_RIGHT,
  KEY_SIZE_NOT_ALLOWED: NOT_RIGHT,
  KEY_EXPONENT_NOT_ALLOWED: NOT_RIGHT,
  KEY_WEAK: NOT_RIGHT,
  KEY_COMPROMISED: NOT_RIGHT,
  SUBJECT_NOT_ALLOWED: NOT_RIGHT,
  NAME_NOT_ALLOWED: NOT_RIGHT,

  FIELD_INVALID: NOT_RIGHT,
  DEVICE_NAME_INVALID: NOT_RIGHT,
  FILTER_INVALID: UNEXPECTED,
  PAGE_TOKEN_INVALID: UNEXPECTED,
  REASON_NOT_ALLOWED: UNEXPECTED,
  PROFILE_UNKNOWN: UNEXPECTED,
  AUTHORITY_UNKNOWN: UNEXPECTED,
  MESSAGE_TOO_LARGE: [413, "The request is too large"],
  CRL_INVALID: UNEXPECTED,
  DOMAIN_INVALID: UNEXPECTED,

  CERTIFICATE_NOT_FOUND: [403, "This certificate is not known"],
  DEVICE_NOT_FOUND: [403, "Whose certificate this is can't be told"],
  INVITATION_NOT_FOUND: [404, "This invitation is not known"],
  SUBSCRIBER_NOT_FOUND: UNEXPECTED,
  DEVICE_NAME_TAKEN: [409, "The device exists already"],
  CERTIFICATE_NOT_HELD: UNEXPECTED,
  CERTIFICATE_REVOKED: [403, "This certificate opens nothing any more"],
  CERTIFICATE_EXPIRED: [403, "This certificate's time is over"],
  INVITATION_EXPIRED: [410, "This invitation's time is over"],
  INVITATION_REDEEMED: [410, "This invitation has been used"],
  INVITATION_CANCELED: [410, "This invitation was canceled"],
  INVITATION_LOCKED: [410, "This invitation has ended"],
  DOWNLOAD_OVER: [410, "This download's time is over"],
  PROOF_WRONG: [403, "The proof is wrong or missing"],
  SERIAL_NUMBER_EXISTS: away("No serial number could be found"),
  LAST_ADMIN: UNEXPECTED,
  CANARIES_NOT_REFUSED: UNEXPECTED,
  OPERATOR_NAME_TAKEN: UNEXPECTED,
  RECOVERY_PASSPHRASE_WRONG: UNEXPECTED,
  PASSPHRASE_WRONG: UNEXPECTED,
  PASSPHRASE_MISSING: UNEXPECTED,

  UNAUTHENTICATED: away("The certificate authority does not know this service"),
  OPERATOR_REVOKED: away("This service was told to stop"),
  ROLE_NOT_ALLOWED: away("The certificate authority refused this service"),
  TOO_MANY_REQUESTS: [429, "Too many requests"],
  NOT_ON_LAN: [403, "Only from the local network"],
  HOST_NOT_ALLOWED: [421, "This is not one of this service's names"],
  ORIGIN_NOT_ALLOWED: [403, "Only from this service's own page"],
  CERTIFICATE_REQUIRED: [403, "Only with a device's certificate"],
  ENROLLMENT_CLOSED: [403, "Nobody can enrol now"],

  CLOCK_BEHIND: [503, "The certificate authority's clock is wrong"],
  DATA_IN_USE: away("The certificate authority can't use its data"),
  STORE_CORRUPT: [
    503,
    "The certificate authority's data is damaged",
    "The certificate authority's data is damaged, and trying again does not help. Tell the owner, who finds in the CA's log what can't be read, and restores a backup.",
  ],
  STORE_FULL: [503, "The certificate authority's disk is full"],
  UNAVAILABLE: away("The certificate authority can't be reached"),
  INTERNAL: UNEXPECTED,
  SETTINGS_INVALID: UNEXPECTED,
  AUTHORITY_EXPIRED: [503, "The certificate authority has ended"],
  DEADLINE_EXCEEDED: away("The certificate authority did not answer"),
  CRL_NOT_SIGNED: [
    503,
    "The old certificate is not refused yet",
    "The new certificate is issued and the old one revoked, but nginx can't be told yet. Send the same request again in a minute: it is answered with that certificate. `latchkey status` tells the owner what is in the way.",
  ],
  CA_NOT_ADOPTABLE: UNEXPECTED,
  UNSPECIFIED: UNEXPECTED,
} as const satisfies Record<Reason, Shown>;
