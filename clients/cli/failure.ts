import { getSystemErrorMap } from "node:util";
import { ErrorReason } from "../../generated/latchkey/v1/error_reason.js";
import { CallError, type Reason } from "../connect/error.js";
import { type Code, CommandError } from "./error.js";
import { EXIT, type ExitCode, exitCodeOf } from "./exit.js";

/** What a person (or a script) is told of an error. */
export interface Failure {
  readonly code: Code;
  readonly message: string;
  readonly exitCode: ExitCode;
}

/** Tells an error in a sentence. Never a stack trace. */
export function describe(error: unknown): Failure {
  const { code, message } = told(error);
  // In this very process there is no CA that can't be reached: what is not to be had is a port, say.
  const isOwn = code === "UNAVAILABLE" && !(error instanceof CallError) && !(error instanceof CommandError);
  return { code, message, exitCode: isOwn ? EXIT.refused : exitCodeOf(code) };
}

function told(error: unknown): { code: Code; message: string } {
  if (error instanceof CommandError) return error;
  if (error instanceof CallError)
    return { code: error.reason, message: error.reason === "UNAVAILABLE" ? plainly(error) : withViolations(error) };
  // The CA's own refusals when it runs in this very process (serve), and the settings'.
  if (error instanceof Error && "code" in error && isReason(error.code)) return { code: error.code, message: error.message };
  if (isSystemError(error)) return { code: "SYSTEM_ERROR", message: systemSentence(error) };
  const what = error instanceof Error ? error.message : String(error);
  return { code: "INTERNAL", message: `Something went wrong that nobody foresaw: ${what}. LATCHKEY_DEBUG=1 shows where.` };
}

/** What is wrong with which field, where the sentence does not say so already. */
function withViolations({ message, violations }: CallError): string {
  const more = violations.filter(({ description }) => !message.includes(description));
  return message + more.map(({ field, description }) => `\n  ${field}: ${description}`).join("");
}

/** Without the words that gRPC puts around what the connection said. */
function plainly({ message }: CallError): string {
  const [, why] = /^The CA can't be reached: .*Last error: (?:Error: )?(.+?)\.? Resolution note: /s.exec(message) ?? [];
  return why === undefined ? message : `The CA can't be reached: ${why}. Is it running, and is this its address?`;
}

export function isReason(code: unknown): code is Reason {
  return typeof code === "string" && `ERROR_REASON_${code}` in ErrorReason;
}

type SystemError = NodeJS.ErrnoException & { readonly errno: number };

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "errno" in error && typeof error.errno === "number" && "syscall" in error;
}

/** `permission denied`, `no space left on device`. */
export function systemWords({ errno, code, message }: SystemError): string {
  return getSystemErrorMap().get(errno)?.[1] ?? code ?? message;
}

function systemSentence(error: SystemError): string {
  const what = [error.syscall, error.path].filter((word) => word !== undefined).join(" ");
  return `The operating system refused this command something that it needs (${what}): ${systemWords(error)}.`;
}
