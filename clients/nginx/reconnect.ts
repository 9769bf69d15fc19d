const FIRST_MILLIS = 250;
const LONGEST_MILLIS = 15_000;

/** How a connection to the CA went. */
export interface ConnectionOutcome {
  /** A CRL arrived whole. */
  readonly sawCrl: boolean;
  /** The CRL that is held became a newer one: nobody but the CA can make one up. */
  readonly heldNewer: boolean;
  /** It ended because of what the CA sent. */
  readonly brokeWord: boolean;
}

/**
 * How long to wait before the next connection, in ms, without jitter. `previousMillis` is the wait before this one; none before
 * the first. It doubles until a connection was a good one; who sends what is no CRL after every good one is not asked
 * at once for ever, as long as nothing newer comes.
 */
export function waitAfter({ sawCrl, heldNewer, brokeWord }: ConnectionOutcome, previousMillis: number | undefined): number {
  const isGood = heldNewer || (sawCrl && !brokeWord);
  return isGood || previousMillis === undefined ? FIRST_MILLIS : Math.min(previousMillis * 2, LONGEST_MILLIS);
}
