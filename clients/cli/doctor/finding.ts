import { FINDINGS, type FindingCode, type Severity } from "./codes.js";

/** What one look has shown. What could not be looked at is `skipped`, never called right. */
export type Finding = Fine | Skipped | Trouble;

interface Fine {
  readonly severity: "ok";
  readonly message: string;
}

interface Skipped {
  readonly severity: "skipped";
  /** What was not looked at, and why. */
  readonly message: string;
}

export interface Trouble {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  /** What mends it; the CA's own warnings and a hook's problems say it in their message. */
  readonly remedy?: string;
  /** Where it is explained, below the repository's root. */
  readonly page: string;
}

export function ok(message: string): Finding {
  return { severity: "ok", message };
}

export function skipped(message: string): Finding {
  return { severity: "skipped", message };
}

export function found(code: FindingCode, message: string, remedy: string): Trouble {
  return { severity: FINDINGS[code], code, message, remedy, page: pageOf(code) };
}

export function pageOf(code: string): string {
  return `docs/doctor.md#${code.toLowerCase()}`;
}

export function isTrouble(finding: Finding): finding is Trouble {
  return finding.severity === "warning" || finding.severity === "failure";
}
