import type { CrlNumber } from "../authority/types.js";
import type { SubscriberState, Subscribers } from "../workflows/subscribers.js";

export interface ObservedSubscribers extends Subscribers {
  /** By subscriber: for how many seconds a CRL has been there that it does not enforce; 0 when it enforces the newest. */
  lags(): Map<string, number>;
}

/** When a CRL was signed, in milliseconds of `performance.now`: a clock that is set changes nothing. */
interface Signed {
  readonly number: CrlNumber;
  readonly at: number;
}

/** Who is further behind than so many CRLs is counted from the oldest that is remembered. */
const REMEMBERED = 1_000;

/** The same subscribers; measures how long each takes to enforce a CRL. What was signed before this start counts from the start's own CRL. */
export function observeSubscribers(subscribers: Subscribers, enforced: (seconds: number) => void): ObservedSubscribers {
  const signed: Signed[] = [];

  /** The oldest CRL that it does not enforce yet. */
  function owed({ record }: SubscriberState): Signed | undefined {
    const { enforcedCrlNumber = 0n, problem } = record;
    const first = signed.find(({ number }) => number > enforcedCrlNumber);
    // It has the newest, and says that nginx does not take it.
    return first ?? (problem === "" ? undefined : signed.at(-1));
  }

  const enforcedBy = (name: string) => subscribers.list().find(({ record }) => record.name === name)?.record.enforcedCrlNumber ?? 0n;

  return {
    ...subscribers,

    crlSigned(crl) {
      signed.push({ number: crl.number, at: performance.now() });
      if (signed.length > REMEMBERED) signed.shift();
      subscribers.crlSigned(crl);
    },

    async report(name, report, connection) {
      const before = enforcedBy(name);
      await subscribers.report(name, report, connection);
      const { crlNumber, problem } = report;
      if (crlNumber === undefined || problem !== "" || crlNumber <= before) return;
      const at = signed.find(({ number }) => number === crlNumber)?.at;
      if (at !== undefined) enforced((performance.now() - at) / 1_000);
    },

    lags() {
      const now = performance.now();
      return new Map(
        subscribers.list().map((subscriber) => {
          const since = owed(subscriber)?.at;
          return [subscriber.record.name, since === undefined ? 0 : (now - since) / 1_000];
        }),
      );
    },
  };
}
