import { LatchkeyError } from "../error.js";
import { parseSerialNumber } from "../serial-number.js";
import { REVOCATION_REASONS, type RevocationReason, type SerialNumber } from "../types.js";
import { refusal } from "./adoptable.js";

/** A line of the list that `openssl ca` and easy-rsa keep (`index.txt`). */
export interface IndexEntry {
  readonly serialNumber: SerialNumber;
  readonly notAfter: Date;
  readonly commonName: string;
  readonly revoked: { readonly at: Date; readonly reason: RevocationReason } | undefined;
}

const FIELDS = 6;

/**
 * Reads `index.txt`: status, end, revocation with its reason, serial number, file and subject, by tabs. What can't be a serial number on a CRL is
 * counted, not read, unless it was revoked and has not ended at `at`: that one would be let in again. Throws FIELD_INVALID for what is no such file, and
 * CA_NOT_ADOPTABLE.
 */
export function readIndex(text: string, at: Date): { entries: IndexEntry[]; unusable: number } {
  const entries: IndexEntry[] = [];
  let unusable = 0;
  for (const [line, row] of text.split(/\r?\n/).entries()) {
    if (row.trim() === "") continue;
    const fields = row.split("\t");
    const [status = "", end = "", revocation = "", serial = "", , subject = ""] = fields;
    if (fields.length < FIELDS || !/^[VRE]$/.test(status) || !/^[0-9A-Fa-f]+$/.test(serial)) throw malformed(line);
    const serialNumber = readSerial(serial);
    if (serialNumber === undefined) {
      if (status === "R" && readTime(end, line) > at)
        throw refusal(
          `line ${line + 1} of its list names a revoked certificate with the serial number ${serial.slice(0, 48)}, which no CRL can name (RFC 5280 §4.1.2.2: positive, 20 octets at most): it would be let in again`,
        );
      unusable += 1;
      continue;
    }
    const revoked = status === "R" ? readRevocation(revocation, line) : undefined;
    entries.push({ serialNumber, notAfter: readTime(end, line), commonName: commonNameOf(subject), revoked });
  }
  return { entries, unusable };
}

function readSerial(serial: string): SerialNumber | undefined {
  try {
    return parseSerialNumber(serial.length % 2 === 0 ? serial : `0${serial}`);
  } catch {
    return undefined;
  }
}

/** `YYMMDDHHMMSSZ[,reason[,more]]` */
function readRevocation(text: string, line: number): { at: Date; reason: RevocationReason } {
  const [time = "", word = ""] = text.split(",");
  const known = Object.keys(REVOCATION_REASONS).find((reason) => reason.toLowerCase() === word.toLowerCase());
  const names: Readonly<Record<string, RevocationReason>> = {
    holdInstruction: "certificateHold",
    keyTime: "keyCompromise",
    CAkeyTime: "cACompromise",
  };
  const reason = (known as RevocationReason | undefined) ?? names[word] ?? "unspecified";
  return { at: readTime(time, line), reason: reason === "removeFromCRL" ? "unspecified" : reason };
}

/** UTCTime or GeneralizedTime. */
function readTime(text: string, line: number): Date {
  const [, century = "", year = "", month, day, hour, minute, second] = /^(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const full = century === "" ? `${Number(year) < 50 ? "20" : "19"}${year}` : `${century}${year}`;
  const time = new Date(`${full}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time.getTime())) throw malformed(line);
  return time;
}

/** The subject in OpenSSL's old one-line form, `/C=DE/CN=anna`. */
function commonNameOf(subject: string): string {
  return /(?:^|\/)CN=((?:[^/\\]|\\.)*)/.exec(subject)?.[1] ?? "";
}

function malformed(line: number): LatchkeyError {
  return new LatchkeyError(
    "FIELD_INVALID",
    `Line ${line + 1} of the list of certificates is not one of \`openssl ca\`'s index.txt (status, end, revocation, serial number, file, subject, by tabs). Nothing was changed.`,
  );
}
