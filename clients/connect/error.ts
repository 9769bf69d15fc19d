import type { ErrorReason } from "../../generated/latchkey/v1/error_reason.js";

type WithoutPrefix<T extends string> = T extends `ERROR_REASON_${infer Reason}` ? Reason : never;

/** The reasons of `ErrorReason` without their prefix: `DEVICE_NAME_TAKEN` … */
export type Reason = WithoutPrefix<`${ErrorReason}`>;

export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/**
 * A call that was refused or did not get through.
 *
 * `reason` is the CA's own (google.rpc.ErrorInfo, domain `latchkey`); `UNAVAILABLE` when the CA could not be
 * reached, `DEADLINE_EXCEEDED` when it did not answer in time, `UNAUTHENTICATED` when the TLS handshake was refused.
 */
export class CallError extends Error {
  override readonly name = "CallError";

  constructor(
    readonly reason: Reason,
    message: string,
    readonly violations: readonly FieldViolation[] = [],
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The CA is away, or did not answer in time: to try again later is of use. */
export function isUnreachable(error: unknown): error is CallError {
  return error instanceof CallError && (error.reason === "UNAVAILABLE" || error.reason === "DEADLINE_EXCEEDED");
}
