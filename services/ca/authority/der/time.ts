import { DerError } from "./error.js";

/** From this year on, dates are GeneralizedTime (RFC 5280 §4.1.2.5). */
export const FIRST_GENERALIZED_YEAR = 2050;
const UTC_TIME = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;

/** `YYMMDDHHMMSSZ`. */
export function formatUtcTime(at: Date): string {
  return formatGeneralizedTime(at).slice(2);
}

/** `YYYYMMDDHHMMSSZ`; fractions of a second are cut off, as RFC 5280 §4.1.2.5.2 wants. */
export function formatGeneralizedTime(at: Date): string {
  const iso = at.toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** Two-digit years from 50 are of the last century (RFC 5280 §4.1.2.5.1). */
export function parseUtcTime(text: string): Date {
  const digits = UTC_TIME.exec(text);
  if (digits === null) throw new DerError("a UTCTime that is not YYMMDDHHMMSSZ");
  const century = Number(digits[1]) >= 50 ? "19" : "20";
  return parseGeneralizedTime(century + text);
}

/** No fraction, no offset, and a day that exists: Date.UTC would turn month 13 into January. */
export function parseGeneralizedTime(text: string): Date {
  const digits = GENERALIZED_TIME.exec(text);
  if (digits === null) throw new DerError("a GeneralizedTime that is not YYYYMMDDHHMMSSZ");
  const [, year, month, day, hour, minute, second] = digits;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(at.getTime()) || formatGeneralizedTime(at) !== text) throw new DerError("a date that does not exist");
  return at;
}
