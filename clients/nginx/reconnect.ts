import { createBackoff } from "./backoff.js";

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
 * Answers how long to wait before the next connection, in ms, without jitter. It doubles until a connection was a good one; who sends what is no
 * CRL after every good one is not asked at once for ever, as long as nothing newer comes.
 */
export function createReconnection(): (outcome: ConnectionOutcome) => number {
  const retry = createBackoff(FIRST_MILLIS, LONGEST_MILLIS);
  return ({ sawCrl, heldNewer, brokeWord }) => {
    if (heldNewer || (sawCrl && !brokeWord)) retry.reset();
    return retry.next();
  };
}
