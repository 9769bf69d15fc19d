import type { Log } from "../../log.js";
import { LatchkeyError } from "../authority/error.js";
import type { CrlNumber, Der, SubscriberRecord, SubscriberWarning } from "../authority/types.js";
import type { Store } from "../store/store.js";
import type { Clock } from "./clock.js";

/** What a subscriber reports of its relying party, for itself alone. */
export interface Report {
  readonly crlNumber: CrlNumber | undefined;
  readonly problem: string;
  readonly problemDetail: string;
  readonly relyingParty: string;
  readonly clock: Date | undefined;
  readonly warnings: readonly SubscriberWarning[];
  /** The CRL that it holds on to because this CA has forgotten revocations. */
  readonly heldCrl: Der | undefined;
}

export interface SubscriberState {
  readonly record: SubscriberRecord;
  readonly connected: boolean;
  readonly heldCrl: Der | undefined;
}

export interface EnforcementReport {
  readonly subscriber: string;
  readonly crlNumber: CrlNumber;
  readonly afterMillis: number;
}

/** Who enforces which CRL. A subscriber that has once registered is waited for, connected or not, until it is removed. */
export interface Subscribers {
  list(): SubscriberState[];
  /** Registers a subscriber for as long as its operator stands, and counts it as connected until the result is called. */
  connect(name: string, actor: string): Promise<() => void>;
  report(name: string, report: Report): Promise<void>;
  remove(name: string, actor: string): Promise<void>;
  /** Resolves when all have reported this CRL number (or a greater one), when the time is up, or when the signal fires. */
  awaitEnforcement(
    number: CrlNumber,
    timeoutMillis: number,
    signal: AbortSignal,
  ): Promise<{ enforcedBy: EnforcementReport[]; pending: string[] }>;
  /** A CRL has been signed: enforcement is counted from here. */
  crlSigned(number: CrlNumber): void;
}

interface Entry {
  record: SubscriberRecord;
  connections: number;
  heldCrl: Der | undefined;
  /** When it reported a CRL number first, in ms since the epoch; the newest few. */
  readonly reports: Map<CrlNumber, number>;
}

/** How many CRL numbers' times are remembered: those that somebody may still be waiting for. */
const REMEMBERED = 1_000;

export async function createSubscribers(store: Store, clock: Clock, log: Log): Promise<Subscribers> {
  const entries = new Map<string, Entry>();
  for (const record of await store.listSubscribers())
    entries.set(record.name, { record, connections: 0, heldCrl: undefined, reports: new Map() });
  const signedAt = new Map<CrlNumber, number>();
  const waiters = new Set<() => void>();
  const wake = () => {
    for (const waiter of [...waiters]) waiter();
  };

  async function register(name: string, actor: string): Promise<Entry> {
    const at = clock.now();
    const record = { name, registeredAt: at, problem: "", problemDetail: "", relyingParty: "", clockSkewMillis: 0 };
    const entry = { record, connections: 0, heldCrl: undefined, reports: new Map<CrlNumber, number>() };
    entries.set(name, entry);
    try {
      await store.insertSubscriber(record, { time: at, event: "subscriber.registered", actor, fields: { subscriber: name } });
    } catch (error) {
      // Who is waited for must be on record: it registers when it connects again.
      entries.delete(name);
      throw error;
    }
    log("subscriber.registered", { subscriber: name });
    return entry;
  }

  function enforcement(number: CrlNumber): { enforcedBy: EnforcementReport[]; pending: string[] } {
    const enforcedBy: EnforcementReport[] = [];
    const pending: string[] = [];
    for (const [name, { record, reports }] of entries) {
      const enforced = record.enforcedCrlNumber;
      if (enforced === undefined || enforced < number || record.problem !== "") {
        pending.push(name);
        continue;
      }
      const reported = earliest([...reports].filter(([reportedNumber]) => reportedNumber >= number).map(([, at]) => at));
      const afterMillis = Math.max(0, (reported ?? record.reportedAt?.getTime() ?? 0) - (signedAt.get(number) ?? Number.POSITIVE_INFINITY));
      enforcedBy.push({ subscriber: name, crlNumber: enforced, afterMillis });
    }
    return { enforcedBy, pending };
  }

  return {
    list: () => [...entries.values()].map(({ record, connections, heldCrl }) => ({ record, connected: connections > 0, heldCrl })),

    async connect(name, actor) {
      const entry = entries.get(name) ?? (await register(name, actor));
      entry.connections += 1;
      return () => {
        entry.connections -= 1;
      };
    },

    async report(name, report) {
      const entry = entries.get(name);
      if (entry === undefined) {
        throw new LatchkeyError(
          "SUBSCRIBER_NOT_FOUND",
          `"${name}" has not subscribed yet: call WatchCrl first (\`latchkey-nginx run\` does).`,
        );
      }
      const at = clock.now();
      const { crlNumber, problem, problemDetail, relyingParty, warnings } = report;
      const { reportedAt: _, enforcedCrlNumber: __, ...rest } = entry.record;
      const record = {
        ...rest,
        reportedAt: at,
        ...(crlNumber === undefined ? {} : { enforcedCrlNumber: crlNumber }),
        problem,
        problemDetail,
        relyingParty,
        warnings,
        clockSkewMillis: report.clock === undefined ? 0 : report.clock.getTime() - at.getTime(),
      };
      await store.updateSubscriber(record);
      entry.record = record;
      entry.heldCrl = report.heldCrl;
      if (crlNumber !== undefined && problem === "" && !entry.reports.has(crlNumber)) remember(entry.reports, crlNumber, at.getTime());
      log("subscriber.reported", { subscriber: name, crlNumber: crlNumber?.toString(), problem });
      wake();
    },

    async remove(name, actor) {
      if (!entries.has(name)) return;
      await store.deleteSubscriber(name, { time: clock.now(), event: "subscriber.removed", actor, fields: { subscriber: name } });
      entries.delete(name);
      log("subscriber.removed", { subscriber: name });
      wake();
    },

    crlSigned: (number) => remember(signedAt, number, Date.now()),

    awaitEnforcement(number, timeoutMillis, signal) {
      return new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          waiters.delete(look);
          signal.removeEventListener("abort", finish);
          resolve(enforcement(number));
        };
        const look = () => {
          if (enforcement(number).pending.length === 0) finish();
        };
        const timer = setTimeout(finish, timeoutMillis);
        waiters.add(look);
        signal.addEventListener("abort", finish, { once: true });
        look();
      });
    },
  };
}

function remember(map: Map<CrlNumber, number>, number: CrlNumber, at: number): void {
  map.set(number, at);
  for (const oldest of map.keys()) {
    if (map.size <= REMEMBERED) break;
    map.delete(oldest);
  }
}

function earliest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : times.reduce((least, time) => Math.min(least, time));
}
