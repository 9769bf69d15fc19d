import { CallError, type Reason } from "../connect/error.js";
import { CredentialError } from "./hook-credential.js";
import { HostError } from "./host-error.js";
import { Problem } from "./problem.js";

/** The exit codes, those of `latchkey`. */
export const EXIT = {
  done: 0,
  /** The CA, or this command, said no. */
  refused: 1,
  /** The command was not understood. */
  usage: 2,
  /** The CA can't be reached. */
  unreachable: 3,
  /** It is written, but nginx does not enforce it, or lacks its own certificate. */
  unconfirmed: 4,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES = `
Exit codes:
  0  done: nginx enforces the newest CRL. \`once\`: or the files are written, and nginx does not run yet,
     or (the first time) its configuration does not use them yet
  1  refused: by the CA, or because the CRL or this host is not as it should be
  2  the command was not understood
  3  the CA can't be reached, or there is no credential for it
  4  the files are written, but nginx does not enforce the CRL, or has no certificate of its own`;

/** What is not here is a refusal. `latchkey` has the same table: a test holds the two together. */
const EXIT_OF: Partial<Record<Reason, ExitCode>> = {
  SETTINGS_INVALID: EXIT.usage,
  UNAVAILABLE: EXIT.unreachable,
  DEADLINE_EXCEEDED: EXIT.unreachable,
  CRL_NOT_SIGNED: EXIT.unconfirmed,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CredentialError) return EXIT.unreachable;
  return (error instanceof CallError ? EXIT_OF[error.reason] : undefined) ?? EXIT.refused;
}

/** What a person is told of an error: a sentence; of a mistake in this program where it happened, too. */
export function describe(error: unknown): string {
  if (error instanceof CallError) return `${error.reason}: ${error.message}`;
  if (error instanceof Problem) return `${error.code}: ${error.message}`;
  if (error instanceof CredentialError || error instanceof HostError) return error.message;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `This is a mistake in latchkey-nginx, which ends. Please report it:\n${stack}`;
}
