/** What the owner should know although it keeps no CRL from being enforced: `latchkey status` shows it. Stable codes. */
export const WARNING_CODES = [
  /** The CA gives nginx no certificate of its own for these names. */
  "SERVER_CERTIFICATE_REFUSED",
  /** nginx's own certificate could not be written. */
  "SERVER_CERTIFICATE_NOT_WRITTEN",
  /** Half of the CRL's life is over, and no newer one has come. */
  "CRL_STALE",
  /** The door would let a canary in everywhere: none is asked for. */
  "CANARY_RULE_MISSING",
  /** The CA gives the hook no canary. */
  "CANARY_MISSING",
  /** A door can't be reached from here, or has no check location. */
  "CANARY_NOT_TRIED",
  /** The CRL has ended and its list stands in for it, and something else is in the way besides. */
  "CRL_EXPIRED_KEPT",
  /** nginx's configuration has no place for the list: when the CRL ends, everybody is refused in spite of --at-expiry keep-last-good. */
  "KEEPING_NOT_CONFIGURED",
] as const;
export type WarningCode = (typeof WARNING_CODES)[number];

/** Is it something to see to, or only a proof that is left out? */
export function isPressing({ code }: Pick<Warning, "code">): boolean {
  return !code.startsWith("CANARY_");
}

export interface Warning {
  readonly code: WarningCode;
  /** What it is, what it means, what to do. */
  readonly message: string;
}
