import type { Code } from "./error.js";

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
  /** `doctor` has looked, and something is not right. */
  unwell: 5,
  /** Ctrl-C at a question: what shells say of a program that SIGINT has ended. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The one table from code to exit code: what is not here is a refusal. */
const EXIT_OF: Partial<Record<Code, ExitCode>> = {
  USAGE: EXIT.usage,
  SETTINGS_INVALID: EXIT.usage,
  SITE_INVALID: EXIT.usage,
  CRL_NOT_SIGNED: EXIT.notEnforced,
  ENFORCEMENT_UNKNOWN: EXIT.notEnforced,
  NO_CREDENTIAL: EXIT.unreachable,
  UNAVAILABLE: EXIT.unreachable,
  DEADLINE_EXCEEDED: EXIT.unreachable,
  INTERRUPTED: EXIT.interrupted,
};

export function exitCodeOf(code: Code): ExitCode {
  return EXIT_OF[code] ?? EXIT.refused;
}
