import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { isDueForRenewal } from "../connect/credential.js";

/** Is a new one needed: none yet, two thirds of its life over, or other names than these? */
export function needsServerCertificate(held: string | undefined, names: readonly string[], at: Date): boolean {
  if (held === undefined) return true;
  try {
    const certificate = new X509Certificate(held);
    const has = (name: string) =>
      (isIP(name) === 0 ? certificate.checkHost(name, { subject: "never" }) : certificate.checkIP(name)) !== undefined;
    return isDueForRenewal(held, at) || !names.every(has);
  } catch {
    return true;
  }
}
