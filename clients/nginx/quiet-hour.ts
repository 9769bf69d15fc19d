import { isDueForRenewal } from "../connect/credential.js";

/** A reload that nobody waits for comes in this hour of the night, in this host's time zone. */
const QUIET_HOUR = 3;
/** By then it does not wait for a night any more. */
const URGENT_PART = 5 / 6;

/** Is a certificate to be renewed whose renewal has nginx reload: in a quiet hour from two thirds of its life on, at any from five sixths? Throws for what is none. */
export function isDueInQuiet(certificatePem: string, at: Date): boolean {
  return isDueForRenewal(certificatePem, at, at.getHours() === QUIET_HOUR ? undefined : URGENT_PART);
}
