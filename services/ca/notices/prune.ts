import type { Context } from "../workflows/context.js";
import { DAY_MILLIS } from "./due.js";

/** Forgets what was told of certificates that have ended: a few at each call, and all of them over many. */
export type Prune = () => Promise<void>;

/** How long after the certificate's end a notice is kept: as long as one counts, it is what keeps it from being sent again, and a clock may be set back. */
const KEPT_MILLIS = 30 * DAY_MILLIS;
/** At each call: everything else that the CA does goes on in between. */
const MOST = 200;

export function createPrune({ store, clock }: Pick<Context, "store" | "clock">): Prune {
  let from = "";
  return async () => {
    const { next } = await store.pruneNotices(new Date(clock.now().getTime() - KEPT_MILLIS), from, MOST);
    from = next;
  };
}
