import type { HandedCrl } from "./accept-crl.js";
import type { Enforcement } from "./enforcement.js";
import type { Inbox } from "./inbox.js";
import type { Keeper } from "./keeper.js";
import { LOOK_MILLIS, type Schedule } from "./schedule.js";

export interface RoundParts {
  readonly keeper: Keeper;
  readonly inbox: Inbox;
  readonly schedule: Schedule;
  /** Sees to nginx's own certificate when its time has come. */
  readonly refreshCertificate: () => Promise<void>;
  /** Sees to the hook's canaries when their time has come: the CA gives them to whose door it has heard of. */
  readonly refreshCanaries: () => Promise<boolean>;
  /** Tells the CA. */
  readonly report: (enforcement: Enforcement) => Promise<void>;
}

/**
 * Round after round until the signal fires, one thing at a time: the newest CRL (or another look at the one that is held), the report, and what can wait
 * for that: nginx's own certificate, canaries. A round that has begun is finished: nginx must not be left between two steps. A CRL that has come is
 * enforced, whatever becomes of the connection that it came over.
 */
export async function keepEnforcing(
  { keeper, inbox, schedule, refreshCertificate, refreshCanaries, report }: RoundParts,
  signal: AbortSignal,
): Promise<void> {
  await inbox.wait(undefined, LOOK_MILLIS, signal);
  let taken: HandedCrl | undefined;
  while (!signal.aborted || inbox.newest !== taken) {
    const newest = inbox.newest;
    const enforcement = newest === undefined ? await keeper.recheck() : await keeper.take(newest);
    taken = newest;
    schedule.after(enforcement);
    await report(enforcement);
    if (signal.aborted) continue;
    await refreshCertificate();
    await refreshCanaries();
    await inbox.wait(newest, schedule.remainingMillis, signal);
  }
}
