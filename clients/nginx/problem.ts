/** Why the newest CRL is not enforced: what the hook reports to the CA, and `latchkey status` shows. Stable. */
export const PROBLEMS = {
  CRL_CORRUPT: "The CRL that came is damaged, or not signed by the devices CA.",
  CRL_FOREIGN: "The CRL that came is another CA's.",
  CRL_EXPIRED: "The CRL that came has expired: nginx would refuse everybody.",
  CRL_EXPIRED_KEPT:
    "The CRL has ended, and nginx goes on letting in the devices that were good then (--at-expiry keep-last-good): one that was revoked since is let in, too.",
  CRL_NOT_YET_VALID:
    "The CRL's thisUpdate lies ahead of this host's clock: nginx would refuse everybody until then. It is installed as soon as it is valid.",
  CRL_OLDER: "The CRL that came is older than the one held.",
  CRL_FORGETS_REVOCATIONS: "The CRL that came has forgotten revocations: the CA was restored from an older backup, it seems.",
  CA_CHANGED: "The CA names another devices CA than the one that this nginx was set up with.",
  ADOPTED_CA_MISSING: "The CA vouches for a CA that it has adopted, but not all of that CA is there.",
  NGINX_NOT_FOUND: "The command that tests nginx's configuration can't be run.",
  NGINX_TEST_FAILED: "nginx refuses its configuration, and goes on with what it has loaded.",
  NGINX_RELOAD_FAILED: "nginx could not be told to reload, and goes on with what it has.",
  NGINX_NOT_RUNNING: "Nothing enforces it yet: nginx does not run.",
  NGINX_NOT_CONFIGURED: "Nothing enforces it yet: nginx's configuration does not use this hook's files.",
  NGINX_NOT_PROVED: "nginx was reloaded, but its status location does not show the new CRL.",
  NGINX_OLD_WORKERS_REMAIN: "Old nginx workers keep connections open that were let in before.",
  NGINX_SETTINGS_UNREADABLE: "nginx's own settings can't be read, so nobody knows whether they leave a hole.",
  NGINX_SETTINGS_LEAVE_A_HOLE: "nginx's own settings let in devices that the CRL refuses.",
  CANARY_LET_IN: "nginx lets in a canary that is revoked: a device that is revoked would come in as well.",
  CANARY_NOT_LET_IN: "nginx does not let in a canary that is good.",
  SESSION_OUTLIVES_RELOAD: "A TLS session from before the reload goes on: a revoked device would resume its own.",
  COMMAND_FAILED: "The files are written, and the command that was to be run after it failed: the front door may go on with what it had.",
  DISK_FULL: "The disk is full: the new files could not be written, the old ones stay.",
  WRITE_FAILED: "The new files could not be written, the old ones stay.",
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

export const LONGEST_RETRY_MILLIS = 300_000;
/** What passes by itself, or is mended by a person at a terminal who then waits for this hook to see it. */
const SOON_OVER_MILLIS: Readonly<Partial<Record<ProblemCode, number>>> = {
  CRL_NOT_YET_VALID: 2_000,
  CRL_EXPIRED_KEPT: 30_000,
  NGINX_NOT_RUNNING: 10_000,
  NGINX_NOT_CONFIGURED: 10_000,
  NGINX_TEST_FAILED: 15_000,
};

/** How long the hook waits at most before it tries again. */
export function longestRetryMillis(code: ProblemCode): number {
  return SOON_OVER_MILLIS[code] ?? LONGEST_RETRY_MILLIS;
}

/** Something between the CA's CRL and an nginx that enforces it. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly code: ProblemCode,
    /** What exactly, and what to do: follows the code's own sentence. */
    detail: string,
    /** The CRL that is held on to instead, DER: the CA can take forgotten revocations back from it. */
    readonly heldCrl?: Uint8Array,
    options?: { cause?: unknown },
  ) {
    super(`${PROBLEMS[code]} ${detail}`.trim(), options);
  }
}
