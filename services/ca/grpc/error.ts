import { Metadata, type ServerErrorResponse, status } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo } from "../../../generated/google/rpc/error_details.js";
import { Status } from "../../../generated/google/rpc/status.js";
import type { Log } from "../../log.js";
import { type ErrorCode, LatchkeyError } from "../authority/error.js";

/** The one table from reason to gRPC status (https://google.aip.dev/193). */
const STATUS_OF: Readonly<Record<ErrorCode, status>> = {
  CSR_MALFORMED: status.INVALID_ARGUMENT,
  CSR_TRAILING_BYTES: status.INVALID_ARGUMENT,
  CSR_TOO_LARGE: status.INVALID_ARGUMENT,
  PROOF_OF_POSSESSION_FAILED: status.INVALID_ARGUMENT,
  KEY_TYPE_NOT_ALLOWED: status.INVALID_ARGUMENT,
  KEY_SIZE_NOT_ALLOWED: status.INVALID_ARGUMENT,
  KEY_EXPONENT_NOT_ALLOWED: status.INVALID_ARGUMENT,
  KEY_WEAK: status.INVALID_ARGUMENT,
  KEY_COMPROMISED: status.INVALID_ARGUMENT,
  SUBJECT_NOT_ALLOWED: status.INVALID_ARGUMENT,
  NAME_NOT_ALLOWED: status.INVALID_ARGUMENT,
  FIELD_INVALID: status.INVALID_ARGUMENT,
  DEVICE_NAME_INVALID: status.INVALID_ARGUMENT,
  FILTER_INVALID: status.INVALID_ARGUMENT,
  PAGE_TOKEN_INVALID: status.INVALID_ARGUMENT,
  REASON_NOT_ALLOWED: status.INVALID_ARGUMENT,
  PROFILE_UNKNOWN: status.INVALID_ARGUMENT,
  AUTHORITY_UNKNOWN: status.INVALID_ARGUMENT,
  MESSAGE_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  CRL_INVALID: status.INVALID_ARGUMENT,
  DOMAIN_INVALID: status.INVALID_ARGUMENT,
  CERTIFICATE_NOT_FOUND: status.NOT_FOUND,
  DEVICE_NOT_FOUND: status.NOT_FOUND,
  INVITATION_NOT_FOUND: status.NOT_FOUND,
  SUBSCRIBER_NOT_FOUND: status.NOT_FOUND,
  DEVICE_NAME_TAKEN: status.ALREADY_EXISTS,
  CERTIFICATE_NOT_HELD: status.FAILED_PRECONDITION,
  CERTIFICATE_REVOKED: status.FAILED_PRECONDITION,
  CERTIFICATE_EXPIRED: status.FAILED_PRECONDITION,
  INVITATION_EXPIRED: status.FAILED_PRECONDITION,
  INVITATION_REDEEMED: status.FAILED_PRECONDITION,
  INVITATION_CANCELED: status.FAILED_PRECONDITION,
  INVITATION_LOCKED: status.FAILED_PRECONDITION,
  PROOF_WRONG: status.PERMISSION_DENIED,
  SERIAL_NUMBER_EXISTS: status.ALREADY_EXISTS,
  LAST_ADMIN: status.FAILED_PRECONDITION,
  OPERATOR_NAME_TAKEN: status.ALREADY_EXISTS,
  RECOVERY_PASSPHRASE_WRONG: status.PERMISSION_DENIED,
  PASSPHRASE_WRONG: status.PERMISSION_DENIED,
  PASSPHRASE_MISSING: status.FAILED_PRECONDITION,
  DOWNLOAD_OVER: status.FAILED_PRECONDITION,
  CANARIES_NOT_REFUSED: status.FAILED_PRECONDITION,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  OPERATOR_REVOKED: status.UNAUTHENTICATED,
  ROLE_NOT_ALLOWED: status.PERMISSION_DENIED,
  TOO_MANY_REQUESTS: status.RESOURCE_EXHAUSTED,
  NOT_ON_LAN: status.PERMISSION_DENIED,
  HOST_NOT_ALLOWED: status.PERMISSION_DENIED,
  ORIGIN_NOT_ALLOWED: status.PERMISSION_DENIED,
  CERTIFICATE_REQUIRED: status.PERMISSION_DENIED,
  ENROLLMENT_CLOSED: status.PERMISSION_DENIED,
  CLOCK_BEHIND: status.FAILED_PRECONDITION,
  DATA_IN_USE: status.UNAVAILABLE,
  STORE_CORRUPT: status.DATA_LOSS,
  STORE_FULL: status.RESOURCE_EXHAUSTED,
  UNAVAILABLE: status.UNAVAILABLE,
  INTERNAL: status.INTERNAL,
  SETTINGS_INVALID: status.FAILED_PRECONDITION,
  AUTHORITY_EXPIRED: status.FAILED_PRECONDITION,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  CRL_NOT_SIGNED: status.INTERNAL,
  CA_NOT_ADOPTABLE: status.FAILED_PRECONDITION,
};

/**
 * What goes over the wire: google.rpc.Status with an ErrorInfo (the reason) and, for bad input, a BadRequest.
 * An error that nobody foresaw gets a constant text outside, and its stack in the log.
 */
export function toGrpcError(error: unknown, log: Log, method: string): ServerErrorResponse {
  const known = error instanceof LatchkeyError ? error : undefined;
  if (known === undefined) log("call.failed", { method, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  const { code, message, violations } =
    known ?? new LatchkeyError("INTERNAL", "The CA met an error that it did not expect. Its log says more; nothing was lost.");
  const details = [pack("ErrorInfo", ErrorInfo.encode({ reason: code, domain: "latchkey", metadata: {} }).finish())];
  if (violations.length > 0) details.push(pack("BadRequest", BadRequest.encode({ fieldViolations: [...violations] }).finish()));
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(Status.encode({ code: STATUS_OF[code], message, details }).finish()));
  return Object.assign(new Error(message), { code: STATUS_OF[code], details: message, metadata });
}

function pack(type: string, value: Uint8Array): { typeUrl: string; value: Buffer } {
  return { typeUrl: `type.googleapis.com/google.rpc.${type}`, value: Buffer.from(value) };
}
