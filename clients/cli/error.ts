import type { Reason } from "../connect/error.js";

/** The command line's own codes, beside the API's reasons (error_reason.proto). Stable: docs/errors.md says what each means. */
export const OWN_CODES = [
  /** The command, or a value in it, was not understood. */
  "USAGE",
  /** There is no operator's credential here, or none that can be used. */
  "NO_CREDENTIAL",
  /** What was named could be one of several. */
  "AMBIGUOUS",
  /** It would take something away on a guess, and nobody said yes. */
  "NOT_CONFIRMED",
  "FILE_NOT_FOUND",
  /** A folder, or a file that this user may not read. */
  "FILE_UNREADABLE",
  "FILE_TOO_LARGE",
  /** Nothing is overwritten unasked. */
  "FILE_EXISTS",
  "WRITE_FAILED",
  /** The audit log is not whole. */
  "AUDIT_BROKEN",
  /** What arrived is not the CRL that was announced. */
  "CRL_CORRUPT",
  /** It is recorded, but the CA could not be asked who enforces it. */
  "ENFORCEMENT_UNKNOWN",
  /** A test notice did not get through, or there is nobody to send one to. */
  "NOTICE_NOT_DELIVERED",
  /** The root that an enrolment service shows is not the one that the invitation named. */
  "FINGERPRINT_WRONG",
  /** A service's certificate is not under the root that is trusted, or for another name. */
  "SERVER_NOT_TRUSTED",
  /** What answers is no enrolment service. */
  "SERVICE_UNKNOWN",
  /** A program of the system's is not installed. */
  "TOOL_MISSING",
  /** The certificate is there, but the system's store did not take it. */
  "INSTALL_FAILED",
  /** A service of the system's was installed, but does not run. */
  "SERVICE_FAILED",
  /** site.yaml says something that can't be used. */
  "SITE_INVALID",
  /** Ctrl-C at a question. */
  "INTERRUPTED",
  /** The operating system refused something that the command needs. */
  "SYSTEM_ERROR",
] as const;
export type OwnCode = (typeof OWN_CODES)[number];

/** What an error is called in `--json`. */
export type Code = OwnCode | Reason;

/** A refusal by the command line itself: a code, and a sentence with what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    readonly code: Code,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
