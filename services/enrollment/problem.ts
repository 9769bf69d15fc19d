import type { Reason } from "../../clients/connect/error.js";
import { CallError } from "../../clients/connect/error.js";

/** A problem document (RFC 9457) with the stable code that callers switch over. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: Reason;
}

/** A refusal by this service itself. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly reason: Reason,
    message: string,
    /** In place of what the table says of the reason: a status of HTTP's own. */
    readonly shown?: readonly [status: number, title: string],
  ) {
    super(message);
  }
}

/** The one table from reason to HTTP status and title; what is not here is the caller's mistake (400). */
const STATUS: Partial<Record<Reason, readonly [number, string]>> = {
  INVITATION_NOT_FOUND: [404, "This invitation is not known"],
  INVITATION_EXPIRED: [410, "This invitation's time is over"],
  INVITATION_REDEEMED: [410, "This invitation has been used"],
  INVITATION_CANCELED: [410, "This invitation was canceled"],
  INVITATION_LOCKED: [410, "This invitation has ended"],
  DOWNLOAD_OVER: [410, "This download's time is over"],
  PROOF_WRONG: [403, "The proof is wrong or missing"],
  CERTIFICATE_REQUIRED: [403, "Only with a device's certificate"],
  CERTIFICATE_REVOKED: [403, "This certificate opens nothing any more"],
  CERTIFICATE_EXPIRED: [403, "This certificate's time is over"],
  CERTIFICATE_NOT_FOUND: [403, "This certificate is not known"],
  DEVICE_NAME_TAKEN: [409, "The device exists already"],
  MESSAGE_TOO_LARGE: [413, "The request is too large"],
  CSR_TOO_LARGE: [413, "The request is too large"],
  TOO_MANY_REQUESTS: [429, "Too many requests"],
  NOT_ON_LAN: [403, "Only from the local network"],
  HOST_NOT_ALLOWED: [421, "This is not one of this service's names"],
  ORIGIN_NOT_ALLOWED: [403, "Only from this service's own page"],
  ENROLLMENT_CLOSED: [403, "Nobody can enrol now"],
  UNAVAILABLE: [503, "The certificate authority can't be reached"],
  DEADLINE_EXCEEDED: [503, "The certificate authority did not answer"],
  UNAUTHENTICATED: [503, "The certificate authority does not know this service"],
  OPERATOR_REVOKED: [503, "This service was told to stop"],
  ROLE_NOT_ALLOWED: [503, "The certificate authority refused this service"],
  CLOCK_BEHIND: [503, "The certificate authority's clock is wrong"],
  STORE_FULL: [503, "The certificate authority's disk is full"],
  AUTHORITY_EXPIRED: [503, "The certificate authority has ended"],
  INTERNAL: [500, "An unexpected error"],
};

/** Reasons that are nobody's but the service's: their sentences may name hosts and files. */
const KEPT_INSIDE = new Set<Reason>([
  "INTERNAL",
  "UNAVAILABLE",
  "UNAUTHENTICATED",
  "OPERATOR_REVOKED",
  "ROLE_NOT_ALLOWED",
  "DEADLINE_EXCEEDED",
]);

export function toProblem(error: unknown): Problem {
  const [code, detail] = reasonOf(error);
  const shownAs = error instanceof Refusal ? error.shown : undefined;
  const [status, title] = shownAs ?? STATUS[code] ?? [400, "The request is not right"];
  const shown = KEPT_INSIDE.has(code) ? `${title}. Try again in a moment; the owner finds more in the log.` : detail;
  return { type: `urn:latchkey:problem:${code}`, title, status, detail: shown, code };
}

function reasonOf(error: unknown): [Reason, string] {
  if (error instanceof CallError || error instanceof Refusal) return [error.reason, error.message];
  if (error instanceof URIError) return ["FIELD_INVALID", "This address can't be read: use the link as it was printed."];
  const type = typeof error === "object" && error !== null && "type" in error ? error.type : undefined;
  // What the body parser says of a body.
  if (type === "entity.too.large") return ["MESSAGE_TOO_LARGE", "The body is over 96 KiB."];
  if (typeof type === "string" && /^(entity|encoding|charset|parameters|request)\./.test(type))
    return ["FIELD_INVALID", "The body can't be read: send JSON in UTF-8."];
  return ["INTERNAL", ""];
}
