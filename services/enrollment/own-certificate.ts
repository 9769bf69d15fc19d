import type { ServerCertificate } from "../../clients/connect/server-certificate.js";
import type { Log } from "../log.js";
import { endingOf, type OwnCertificateFiles, readOwnCertificate } from "../own-certificate.js";

/** A certificate of the user's own, which is the user's to renew. */
export interface OwnCertificate {
  current(): ServerCertificate;
  /** Reads the files again: was it replaced? What can't be used leaves the old one in its place, and is told once. */
  look(): Promise<boolean>;
}

/** Throws OwnCertificateError. */
export async function openOwnCertificate(files: OwnCertificateFiles, log: Log): Promise<OwnCertificate> {
  let current = await readOwnCertificate(files);
  let told: string | undefined;
  function tell(what: string | undefined): void {
    if (what !== undefined && what !== told) log("service.failed", { what: "the certificate of the enrolment page", error: what });
    told = what;
  }
  tell(endingOf(files, current.certificate, new Date()));
  return {
    current: () => current,
    async look() {
      try {
        const found = await readOwnCertificate(files);
        const isReplaced = found.certificate !== current.certificate || found.key !== current.key;
        current = found;
        tell(endingOf(files, current.certificate, new Date()));
        return isReplaced;
      } catch (error) {
        tell(`${error instanceof Error ? error.message : String(error)} The one before stays in use.`);
        return false;
      }
    },
  };
}
