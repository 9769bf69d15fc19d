import { type Connection, call } from "../../clients/connect/connect.js";
import { CallError } from "../../clients/connect/error.js";
import { ReportRefusalsRequest } from "../../generated/latchkey/v1/operations_service.js";
import type { Log } from "../log.js";
import { parseAddress } from "./lan.js";

/** So many requests of one address were turned away for one reason. */
export interface RefusalCount {
  readonly reason: string;
  /** Empty: of addresses beyond those that are counted one by one. */
  readonly address: string;
  readonly count: number;
}

/** Who was turned away, as counts: a stranger who knocks a million times must fill neither the log nor the disk of the CA. */
export interface Refusals {
  add(reason: string, address: string): void;
  /** Sends what is left, and ends. */
  close(): Promise<void>;
}

export interface RefusalsOptions {
  /** Takes the counts since a time to the CA's audit log. Rejects when it can't: the counts are kept, and sent with the next. */
  report(counts: readonly RefusalCount[], since: Date): Promise<void>;
  readonly log: Log;
  /** How long the first count of a quiet time waits for more, in ms. */
  readonly firstMillis?: number;
}

/** The most that the CA takes in one report. */
const MOST_ROWS = 32;
const FIRST_MILLIS = 5_000;
const SHORTEST_MILLIS = 60_000;
const LONGEST_MILLIS = 3600_000;

/**
 * Counts by reason and address. The first refusal is on record within seconds; while they go on, the reports come each minute, then at
 * twice the distance each time, up to an hour. An hour without any, and it begins anew.
 */
export function createRefusals({ report, log, firstMillis = FIRST_MILLIS }: RefusalsOptions): Refusals {
  let rows = new Map<string, RefusalCount>();
  let since = new Date();
  let timer: NodeJS.Timeout | undefined;
  /** How long the next count waits. */
  let nextMillis = firstMillis;
  let lastReport = 0;

  function add(reason: string, told: string): void {
    // What a proxy tells of a client may be anything.
    const address = parseAddress(told)?.toString() ?? "";
    const known = `${reason} ${address}`;
    const isKnown = rows.has(known);
    // The last places are for the rest, one for each reason.
    const isCounted = isKnown || rows.size < MOST_ROWS / 2;
    const key = isCounted ? known : `${reason} `;
    if (!isCounted && !rows.has(key) && rows.size >= MOST_ROWS) return;
    if (rows.size === 0) since = new Date();
    // A line for each would fill the journal; who they are is worth one.
    if (!rows.has(key)) log("enrollment.refused", { reason, address });
    rows.set(key, { reason, address: isCounted ? address : "", count: (rows.get(key)?.count ?? 0) + 1 });
    if (timer === undefined) wait();
  }

  function wait(): void {
    if (Date.now() - lastReport > LONGEST_MILLIS) nextMillis = firstMillis;
    timer = setTimeout(() => void send(), nextMillis).unref();
    nextMillis = Math.min(LONGEST_MILLIS, Math.max(SHORTEST_MILLIS, nextMillis * 2));
  }

  async function send(): Promise<void> {
    clearTimeout(timer);
    const sent = rows;
    const start = since;
    rows = new Map();
    lastReport = Date.now();
    try {
      if (sent.size > 0) await report([...sent.values()], start);
    } catch (error) {
      log("call.failed", { method: "ReportRefusals", error: error instanceof Error ? error.message : String(error) });
      // What the CA does not take once it does not take again.
      if (!(error instanceof CallError && error.reason === "FIELD_INVALID")) keep(sent, start);
    }
    timer = undefined;
    if (rows.size > 0) wait();
  }

  /** What could not be sent goes with the next, together with what has come meanwhile. */
  function keep(unsent: ReadonlyMap<string, RefusalCount>, start: Date): void {
    const meanwhile = rows;
    rows = new Map(unsent);
    since = start;
    for (const [key, row] of meanwhile) {
      if (rows.has(key) || rows.size < MOST_ROWS) rows.set(key, { ...row, count: row.count + (rows.get(key)?.count ?? 0) });
    }
  }

  return { add, close: send };
}

/** The service's stop must not wait long for a CA that is gone. */
const REPORT_DEADLINE_MILLIS = 3_000;

/** Hands the counts to the CA. Throws CallError. */
export async function reportRefusals(connection: Connection, counts: readonly RefusalCount[], since: Date): Promise<void> {
  const refusals = counts.map(({ reason, address, count }) => ({ reason, remoteAddress: address, count: String(count) }));
  const request = ReportRefusalsRequest.create({ refusals, startTime: since });
  await call(connection.operations, "reportRefusals", request, { deadlineMillis: REPORT_DEADLINE_MILLIS });
}
