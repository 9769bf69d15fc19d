import { percentile } from "../harness.js";
import { doneTimes, inGroups } from "./groups.js";

export interface RevocationBurst {
  /** When each is asked for, in ms, ascending. */
  readonly asked: readonly number[];
  readonly recordMillis: number;
  readonly signMillis: number;
  /** Of the hook and its nginx, from a CRL that is handed out to its proof. */
  readonly reloadMillis: number;
}

export interface BurstOutcome {
  readonly crls: number;
  readonly reloads: number;
  /** From each one's asking. */
  readonly p50Millis: number;
  readonly p99Millis: number;
  /** When the last is enforced, from the first's asking. */
  readonly lastMillis: number;
}

/** Revocations are recorded together (group commit), CRLs signed for all that are recorded, and the newest CRL enforced. */
export function simulateRevocations({ asked, recordMillis, signMillis, reloadMillis }: RevocationBurst): BurstOutcome {
  const recorded = doneTimes(inGroups(asked, (count) => count * recordMillis));
  const crls = inGroups(recorded, () => signMillis);
  const signed = doneTimes(crls);
  // The hook knows CRLs alone: those of one CRL come to it as one.
  const reloads = inGroups(
    crls.map(({ doneAt }) => doneAt),
    () => reloadMillis,
  );
  const enforcedAt = new Map(reloads.flatMap(({ first, end, doneAt }) => crls.slice(first, end).map((crl) => [crl.doneAt, doneAt])));
  const waits = asked.map((at, index) => (enforcedAt.get(signed[index] ?? 0) ?? 0) - at);
  return {
    crls: crls.length,
    reloads: reloads.length,
    p50Millis: percentile(waits, 50),
    p99Millis: percentile(waits, 99),
    lastMillis: (reloads.at(-1)?.doneAt ?? 0) - (asked[0] ?? 0),
  };
}
