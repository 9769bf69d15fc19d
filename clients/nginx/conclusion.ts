import { EXIT, type ExitCode, exitCodeOf } from "./exit.js";
import type { OnceOutcome } from "./once.js";

/** What `once` says at its end, to whom, and its exit code. */
export interface Conclusion {
  readonly exitCode: ExitCode;
  /** For standard output. */
  readonly said: readonly string[];
  /** For standard error. */
  readonly complaints: readonly string[];
}

export function conclude(outcome: OnceOutcome): Conclusion {
  const { held, enforcement, reportFailure } = outcome;
  const { problem, enforced, warnings } = enforcement;
  const complaints = warnings.map(({ code, message }) => `${code}: ${message}`);
  if (reportFailure !== undefined) complaints.push(`${reportFailure.reason}: The CA could not be told: ${reportFailure.message}`);
  const exitCode = toExitCode(outcome);
  if (problem === undefined) return { exitCode, said: [`nginx enforces CRL ${enforced}.`], complaints };
  if (isYetToCome(outcome)) return { exitCode, said: [`CRL ${held} is written. ${problem.message}`], complaints };
  return { exitCode, said: [], complaints: [`${problem.code}: ${problem.message}`, ...complaints] };
}

function toExitCode(outcome: OnceOutcome): ExitCode {
  const { enforcement, reportFailure } = outcome;
  const { problem, warnings } = enforcement;
  if (problem !== undefined && !isYetToCome(outcome)) return NOT_ENFORCED.test(problem.code) ? EXIT.unconfirmed : EXIT.refused;
  if (reportFailure !== undefined) return exitCodeOf(reportFailure);
  return warnings.some(({ code }) => code.startsWith("SERVER_CERTIFICATE_")) ? EXIT.unconfirmed : EXIT.done;
}

/** The files are written, and nginx, or what was tried at its door, stands in the way. */
const NOT_ENFORCED = /^(NGINX|CANARY|SESSION)_/;

/** The files are written before nginx is set up and started: the first time that is as it should be. */
function isYetToCome({ enforcement, isFirst }: OnceOutcome): boolean {
  const code = enforcement.problem?.code;
  return code === "NGINX_NOT_RUNNING" || (code === "NGINX_NOT_CONFIGURED" && isFirst);
}
