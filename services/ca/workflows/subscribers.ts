import type { Log } from "../../log.js";
import { LatchkeyError } from "../authority/error.js";
import type { CrlNumber, CrlRecord, Der, SubscriberRecord, SubscriberWarning } from "../authority/types.js";
import type { Store } from "../store/store.js";
import type { Clock } from "./clock.js";
import { type ConnectionWatch, createConnectionWatch } from "./shared-credential.js";
import { createSignedCrls } from "./signed-crls.js";

/** What a subscriber reports of its relying party, for itself alone. */
export interface Report {
  readonly crlNumber: CrlNumber | undefined;
  readonly problem: string;
  readonly problemDetail: string;
  readonly relyingParty: string;
  readonly clock: Date | undefined;
  readonly warnings: readonly SubscriberWarning[];
  /** Its door refuses canaries, but for its check location. */
  readonly refusesCanaries: boolean;
  /** The CRL that it holds on to because this CA has forgotten revocations. */
  readonly heldCrl: Der | undefined;
}

export interface SubscriberState {
  readonly record: SubscriberRecord;
  readonly connected: boolean;
  readonly heldCrl: Der | undefined;
  /** How far it is behind the newest CRL; undefined while it enforces that, or nothing at all. */
  readonly behind: Lag | undefined;
  /** The addresses from which two hooks have lately reported with this one credential. */
  readonly sharedBy: readonly string[] | undefined;
}

export interface Lag {
  /** CRLs that were signed since the one that it enforces: at least so many, when the CA was started since. */
  readonly crls: number;
  /** When the first of those was signed; after a start of the CA: when this subscriber last reported, which was before. */
  readonly since: Date;
}

export interface EnforcementReport {
  readonly subscriber: string;
  readonly crlNumber: CrlNumber;
  /** Since that CRL was signed; undefined where this process has not signed it. */
  readonly afterMillis: number | undefined;
}

/** Who enforces which CRL. A subscriber that has once registered is waited for, connected or not, until it is removed. */
export interface Subscribers {
  list(): SubscriberState[];
  /** Registers a subscriber for as long as its operator stands, and counts it as connected until the result is called. */
  connect(name: string, actor: string): Promise<() => void>;
  /** `connection` tells the hooks apart that report under one name: `address:port`. */
  report(name: string, report: Report, connection: string): Promise<void>;
  remove(name: string, actor: string): Promise<void>;
  /** Resolves when all have reported this CRL number (or a greater one), when the time is up, or when the signal fires. */
  awaitEnforcement(
    number: CrlNumber,
    timeoutMillis: number,
    signal: AbortSignal,
  ): Promise<{ enforcedBy: EnforcementReport[]; pending: string[] }>;
  /** A CRL has been signed: enforcement is counted from here. */
  crlSigned(crl: CrlRecord): void;
}

interface Entry {
  record: SubscriberRecord;
  connections: number;
  heldCrl: Der | undefined;
  /** When it reported a CRL number first, in ms since the epoch; the newest few. */
  readonly reports: Map<CrlNumber, number>;
  readonly connectionWatch: ConnectionWatch;
}

/** How many reports' times are remembered: of those numbers that somebody may still be waiting for. */
const REMEMBERED = 1_000;

/** @param current the CRL of `devices` that lies in the store */
export async function createSubscribers(store: Store, clock: Clock, log: Log, current: CrlRecord | undefined): Promise<Subscribers> {
  const entries = new Map<string, Entry>();
  for (const record of await store.listSubscribers()) entries.set(record.name, entryOf(record));
  const signed = createSignedCrls(current);
  const waiters = new Set<() => void>();
  const wake = () => {
    for (const waiter of [...waiters]) waiter();
  };

  async function register(name: string, actor: string): Promise<Entry> {
    const at = clock.now();
    const record = { name, registeredAt: at, problem: "", problemDetail: "", relyingParty: "", clockSkewMillis: 0 };
    const entry = entryOf(record);
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
      const signedAt = signed.signedAt(number)?.getTime();
      const at = reported ?? record.reportedAt?.getTime();
      const afterMillis = signedAt === undefined || at === undefined ? undefined : Math.max(1, at - signedAt);
      enforcedBy.push({ subscriber: name, crlNumber: enforced, afterMillis });
    }
    return { enforcedBy, pending };
  }

  /** How far whoever enforces this CRL is behind now. */
  function lag(record: SubscriberRecord): Lag | undefined {
    if (record.enforcedCrlNumber === undefined) return undefined;
    const { count, firstSignedAt, isWhole } = signed.since(record.enforcedCrlNumber);
    if (firstSignedAt === undefined) return undefined;
    const since = isWhole ? firstSignedAt : (record.behindSince ?? record.reportedAt ?? firstSignedAt);
    return { crls: count, since };
  }

  /** What is known of the CRL that it enforces: what was known before, when it is the same. */
  function enforcedNow(number: CrlNumber, before: Partial<SubscriberRecord>, at: Date): Partial<SubscriberRecord> {
    const isSame = before.enforcedCrlNumber === number;
    const nextUpdate = signed.nextUpdateOf(number) ?? (isSame ? before.enforcedNextUpdate : undefined);
    const signedAt = signed.signedAt(number);
    const after = signedAt === undefined ? undefined : Math.max(0, at.getTime() - signedAt.getTime());
    const enforcedAfterMillis = isSame ? before.enforcedAfterMillis : after;
    const { firstSignedAt, isWhole } = signed.since(number);
    const behindSince = isWhole ? firstSignedAt : isSame ? before.behindSince : undefined;
    return {
      enforcedCrlNumber: number,
      ...(nextUpdate === undefined ? {} : { enforcedNextUpdate: nextUpdate }),
      ...(enforcedAfterMillis === undefined ? {} : { enforcedAfterMillis }),
      ...(behindSince === undefined ? {} : { behindSince }),
    };
  }

  return {
    list: () =>
      [...entries.values()].map(({ record, connections, heldCrl, connectionWatch }) => ({
        record,
        connected: connections > 0,
        heldCrl,
        behind: lag(record),
        sharedBy: connectionWatch.sharedBy(clock.now()),
      })),

    async connect(name, actor) {
      const entry = entries.get(name) ?? (await register(name, actor));
      entry.connections += 1;
      return () => {
        entry.connections -= 1;
      };
    },

    async report(name, report, connection) {
      const entry = entries.get(name);
      if (entry === undefined) {
        throw new LatchkeyError(
          "SUBSCRIBER_NOT_FOUND",
          `"${name}" has not subscribed yet: call WatchCrl first (\`latchkey-nginx run\` does).`,
        );
      }
      const at = clock.now();
      const { crlNumber, problem, problemDetail, relyingParty, warnings, refusesCanaries } = report;
      const { name: _, registeredAt, lastProblem, ...before } = entry.record;
      const record = {
        name,
        registeredAt,
        reportedAt: at,
        ...(crlNumber === undefined ? {} : enforcedNow(crlNumber, before, at)),
        ...(problem === ""
          ? lastProblem === undefined
            ? {}
            : { lastProblem }
          : { lastProblem: { code: problem, message: problemDetail, at } }),
        problem,
        problemDetail,
        relyingParty,
        warnings,
        refusesCanaries,
        clockSkewMillis: report.clock === undefined ? 0 : report.clock.getTime() - at.getTime(),
      };
      await store.updateSubscriber(record);
      entry.record = record;
      entry.heldCrl = report.heldCrl;
      entry.connectionWatch.saw(connection, at);
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

    crlSigned: (crl) => signed.add(crl, clock.now()),

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

function entryOf(record: SubscriberRecord): Entry {
  return { record, connections: 0, heldCrl: undefined, reports: new Map(), connectionWatch: createConnectionWatch() };
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
