import type { Reason } from "../connect/error.js";
import { CallError } from "../connect/error.js";

/** The exit codes, as `latchkey --help` documents them. */
export const EXIT = {
  done: 0,
  /** The CA, or this command, said no. */
  refused: 1,
  /** The command was not understood. */
  usage: 2,
  /** The CA can't be reached. */
  unreachable: 3,
  /** It is recorded, but not every door enforces it. */
  notEnforced: 4,
  /** Ctrl-C at a question: what shells say of a program that SIGINT has ended. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A refusal of the command line's own: a code, and a sentence with what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode = EXIT.refused,
  ) {
    super(message);
  }
}

/** The one table from reason to exit code: what is not here is a refusal. */
const EXIT_OF: Partial<Record<Reason, ExitCode>> = {
  UNAVAILABLE: EXIT.unreachable,
  UNAUTHENTICATED: EXIT.unreachable,
  DEADLINE_EXCEEDED: EXIT.unreachable,
  SETTINGS_INVALID: EXIT.usage,
  CRL_NOT_SIGNED: EXIT.notEnforced,
};

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: ExitCode;
}

/** What a person (or a script) is told of an error. Never a stack trace. */
export function describe(error: unknown): Failure {
  if (error instanceof CommandError) return { code: error.code, message: error.message, exitCode: error.exitCode };
  if (error instanceof CallError) {
    const fields = error.violations.map(({ field, description }) => `\n  ${field}: ${description}`).join("");
    return { code: error.reason, message: error.message + fields, exitCode: EXIT_OF[error.reason] ?? EXIT.refused };
  }
  // The CA's own refusals when it runs in this very process (serve), the settings', and the operating system's.
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return { code: error.code, message: error.message, exitCode: error.code === "SETTINGS_INVALID" ? EXIT.usage : EXIT.refused };
  }
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error), exitCode: EXIT.refused };
}
