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
 * Round after round until the signal fires, one thing at a time: nginx's own certificate, the newest CRL (or another look at the
 * one that is held), the report. A round that has begun is finished: nginx must not be left between two steps.
 */
export async function keepEnforcing(
  { keeper, inbox, schedule, refreshCertificate, refreshCanaries, report }: RoundParts,
  signal: AbortSignal,
): Promise<void> {
  await inbox.wait(undefined, LOOK_MILLIS, signal);
  while (!signal.aborted) {
    await refreshCertificate();
    const newest = inbox.newest;
    const enforcement = newest === undefined ? await keeper.recheck() : await keeper.take(newest);
    schedule.after(enforcement);
    await report(enforcement);
    await refreshCanaries();
    await inbox.wait(newest, schedule.remainingMillis, signal);
  }
}
