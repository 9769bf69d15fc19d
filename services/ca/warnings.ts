import type { Passphrase } from "./keys/passphrase.js";
import type { RecoveryFile } from "./workflows/recovery-file.js";
import type { StatusWarning } from "./workflows/status.js";

export const RECOVERY_WARNING = "RECOVERY_PASSPHRASE_ON_THIS_HOST";

export const ENROLLMENT_WARNING: StatusWarning = {
  code: "ENROLLMENT_DOWN",
  message: "The enrolment service does not run, and is being started again: no phone can enrol. The log of `latchkey serve` says why.",
};

/** What the owner should know of secrets that lie on this host. */
export function warningsOf(passphrase: Passphrase, recovery: RecoveryFile | undefined): StatusWarning[] {
  const warnings: StatusWarning[] = [];
  if (passphrase.path !== undefined) {
    warnings.push({
      code: "PASSPHRASE_FILE_ON_THIS_HOST",
      message: `The passphrase of the CA's keys lies on this host, in ${passphrase.path}: who can read that file and the data folder has the CA. Back up the two to different places.`,
    });
  }
  if (recovery !== undefined) {
    warnings.push({
      code: RECOVERY_WARNING,
      message: `The recovery passphrase waits in ${recovery.path}: write it down on paper, then delete the file.`,
    });
  }
  return warnings;
}
