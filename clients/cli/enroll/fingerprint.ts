import { CommandError } from "../error.js";
import { printable } from "../terminal.js";

/** A SHA-256 fingerprint in lower-case hex. Read of a certificate or of a person, it compares with `===`. */
export type Fingerprint = string & { readonly kind: unique symbol };

/** Reads a fingerprint however it is written: with colons, spaces or neither, in capitals or not. Throws USAGE. */
export function parseFingerprint(text: string): Fingerprint {
  const hex = text.replaceAll(/[:\s]/g, "").toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return hex as Fingerprint;
  throw new CommandError(
    "USAGE",
    `"${printable(text.slice(0, 120))}" is no SHA-256 fingerprint: it has 64 digits from 0 to F, and \`latchkey invite\` shows it.`,
  );
}

/** The first 16 of its 32 octets: one line as `latchkey invite` prints it. */
export function isFirstLine(text: string): boolean {
  return /^[0-9a-f]{32}$/i.test(text.replaceAll(/[:\s]/g, ""));
}

/** As phones and `latchkey invite` show it: `AB:CD:…`. */
export function showFingerprint(fingerprint: Fingerprint): string {
  return fingerprint.toUpperCase().replaceAll(/(..)(?=.)/g, "$1:");
}
