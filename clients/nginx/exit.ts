import { getSystemErrorMap } from "node:util";
import { CallError, type Reason } from "../connect/error.js";

/** The exit codes, those of `latchkey`. */
export const EXIT = {
  done: 0,
  refused: 1,
  usage: 2,
  /** The CA can't be reached. */
  unreachable: 3,
  /** Written, but not confirmed as enforced. */
  unconfirmed: 4,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES = `
Exit codes:
  0  done
  1  refused: the CA, or this command, said no
  2  the command was not understood
  3  the CA can't be reached
  4  written, but not confirmed as enforced by nginx`;

/** There is no credential to reach the CA with. */
export class NoCredentialError extends Error {
  override readonly name = "NoCredentialError";
  readonly code = "NO_CREDENTIAL";

  constructor(folder: string) {
    super(`There is no credential in ${folder}: \`latchkey operator add NAME --role nginx --server-name HOST --out FOLDER\` makes one.`);
  }
}

/** What is not here is a refusal. `latchkey` has the same table: a test holds the two together. */
const EXIT_OF: Partial<Record<Reason, ExitCode>> = {
  SETTINGS_INVALID: EXIT.usage,
  UNAVAILABLE: EXIT.unreachable,
  DEADLINE_EXCEEDED: EXIT.unreachable,
  CRL_NOT_SIGNED: EXIT.unconfirmed,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof NoCredentialError) return EXIT.unreachable;
  return (error instanceof CallError ? EXIT_OF[error.reason] : undefined) ?? EXIT.refused;
}

/** What a person is told of an error: never a stack trace, nor the name of a system call. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { errno, path, message } = error as NodeJS.ErrnoException;
  const [, words] = (errno === undefined ? undefined : getSystemErrorMap().get(errno)) ?? [];
  return words === undefined || path === undefined ? message : `${path} can't be used: ${words}.`;
}
