/**
 * Every way in which nginx's own settings can let in who was refused, or was never asked. Stable: never used again for another
 * meaning. Each is explained in docs/nginx-settings.md.
 */
export const HOLE_CODES = [
  "NO_SERVER_VERIFIES",
  "VERIFY_CLIENT_NOT_ON",
  "CLIENT_CA_NOT_OURS",
  "TRUSTED_CERTIFICATE",
  "CA_FILE_UNREADABLE",
  "CRL_MISSING",
  "CRL_NOT_OURS",
  "KEPT_LIST_BYPASSED",
  "SHARED_SESSION_CACHE",
  "SESSION_TICKET_KEY",
  "EARLY_DATA",
  "TLS_COMMAND",
  "NO_SHUTDOWN_TIMEOUT",
  "LONG_SHUTDOWN_TIMEOUT",
  "ERROR_PAGE_OPENS",
  "POST_ACTION",
  "UNKNOWN_DIRECTIVE",
  "LISTENS_WITHOUT_TLS",
  "SERVER_WITHOUT_VERIFICATION",
  "NEIGHBOUR_TRUSTS_OTHERS",
  "BACKEND_REACHABLE_WITHOUT_CERTIFICATE",
] as const;
export type HoleCode = (typeof HOLE_CODES)[number];

/** A setting that leaves the door open, for people: what it is and what it does, and what to write instead. */
export interface Hole {
  readonly code: HoleCode;
  /** With the place: `/etc/nginx/nginx.conf:12`. */
  readonly message: string;
  readonly remedy: string;
}
