/** How bad it is: `failure` is broken or open now; `warning` works, and should not stay so. */
export type Severity = "warning" | "failure";

/** What `latchkey doctor` itself finds. Stable; each is explained in docs/doctor.md. */
export const FINDINGS = {
  CA_UNREACHABLE: "failure",
  NO_HOOK: "warning",
  CLOCK_DIFFERS: "warning",
  HOOK_CLOCK_DIFFERS: "warning",
  SERVER_CERTIFICATE_ENDS: "warning",
  OPERATOR_CERTIFICATE_ENDS: "warning",
  DEVICE_CERTIFICATE_ENDS: "warning",
  FOLDER_OPEN_TO_OTHERS: "failure",
  FILE_OPEN_TO_OTHERS: "failure",
  FILE_OF_ANOTHER_USER: "warning",
  PASSPHRASE_BESIDE_KEYS: "failure",
  BACKUP_NEVER_MADE: "warning",
  BACKUP_OLD: "warning",
  DISK_NEARLY_FULL: "warning",
  DISK_FULL: "failure",
  CANARY_LEFT: "warning",
  NAME_NOT_RESOLVED: "failure",
  NAME_NOT_LAN_ADDRESS: "warning",
  NAME_NOT_PUBLIC_ADDRESS: "failure",
  DOOR_UNREACHABLE: "failure",
  DOOR_CERTIFICATE_UNTRUSTED: "failure",
  DOOR_CERTIFICATE_WRONG_NAME: "failure",
  DOOR_CERTIFICATE_EXPIRED: "failure",
  DOOR_CERTIFICATE_ENDS: "warning",
  DOOR_OPEN_WITHOUT_CERTIFICATE: "failure",
  DOOR_TAKES_FOREIGN_CERTIFICATES: "failure",
  CANARY_REFUSED: "failure",
  BACKEND_FAILS: "failure",
  HOME_ASSISTANT_DISTRUSTS_PROXY: "failure",
  WEBSOCKET_REFUSED: "failure",
  REVOCATION_NOT_ENFORCED: "failure",
  REVOKED_DEVICE_LET_IN: "failure",
  REVOKED_SESSION_LET_IN: "failure",
  WEBSOCKET_OUTLIVES_REVOCATION: "failure",
  ENROLLMENT_REACHABLE_FROM_OUTSIDE: "failure",
  DEVICES_PORT_REACHABLE_FROM_OUTSIDE: "warning",
} as const satisfies Record<string, Severity>;
export type FindingCode = keyof typeof FINDINGS;

/** What the CA itself warns of, in its own words (`latchkey status`): the doctor passes it on, and says how bad it is. */
export const CA_WARNINGS = {
  CLOCK_BEHIND: "failure",
  CRL_NOT_SIGNED: "failure",
  CRL_BEHIND: "failure",
  AUTHORITY_ENDS: "warning",
  SUBSCRIBER_AWAY: "failure",
  SUBSCRIBER_BEHIND: "warning",
  CREDENTIAL_SHARED: "failure",
  REVOCATIONS_FORGOTTEN: "failure",
  ENROLLMENT_DOWN: "failure",
  ENROLLMENT_CERTIFICATE_UNUSABLE: "failure",
  ENROLLMENT_CERTIFICATE_ENDS: "warning",
  ENROLLMENT_HOST_NOT_PERMITTED: "warning",
  ENROLLMENT_HOST_UNKNOWN: "warning",
  DOMAIN_NOT_PERMITTED: "warning",
  NOTICES_UNUSABLE: "warning",
  NOTICES_UNDELIVERED: "warning",
  NOTICES_DELAYED: "warning",
  PASSPHRASE_FILE_ON_THIS_HOST: "warning",
  RECOVERY_PASSPHRASE_ON_THIS_HOST: "warning",
} as const satisfies Record<string, Severity>;

/** A newer CA may know warnings that this command does not. */
export function severityOfWarning(code: string): Severity {
  return Object.hasOwn(CA_WARNINGS, code) ? CA_WARNINGS[code as keyof typeof CA_WARNINGS] : "warning";
}
