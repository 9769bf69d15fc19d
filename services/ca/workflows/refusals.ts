import { LatchkeyError } from "../authority/error.js";
import { actorOf, type Caller } from "./caller.js";
import type { Context } from "./context.js";

/** So many requests from one address were turned away at the enrolment page, for one reason. */
export interface RefusalCount {
  readonly reason: string;
  /** Empty: of other addresses. */
  readonly remoteAddress: string;
  readonly count: number;
}

const MOST_ROWS = 32;
const REASON = /^[A-Z][A-Z_]{0,39}$/;
/** An IPv6 address with a zone, at its longest. */
const ADDRESS = /^[0-9a-zA-Z:.%_-]{0,63}$/;

/**
 * Takes what an enrolment service has refused into the audit log: one record, however many they were. Throws FIELD_INVALID, and
 * TOO_MANY_REQUESTS for a service that reports faster than it should: whoever took it over must not fill the disk.
 */
export async function recordRefusals(context: Context, caller: Caller, rows: readonly RefusalCount[], since: Date): Promise<void> {
  if (rows.length === 0 || rows.length > MOST_ROWS) refuse("refusals", `Report between 1 and ${MOST_ROWS} rows.`);
  for (const { reason, remoteAddress, count } of rows) {
    if (!REASON.test(reason)) refuse("refusals.reason", "A reason is a code of docs/errors.md.");
    if (!ADDRESS.test(remoteAddress)) refuse("refusals.remote_address", "An address is an IP address, or empty.");
    if (!Number.isSafeInteger(count) || count < 1) refuse("refusals.count", "A count is a whole number above 0.");
  }
  if (Number.isNaN(since.getTime())) refuse("start_time", "Say since when it was counted.");
  context.allowances.take("reports", caller);
  const told = rows.map(({ reason, remoteAddress, count }) => `${reason} ${remoteAddress === "" ? "others" : remoteAddress} ${count}`);
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  await context.store.appendAudit({
    time: context.clock.now(),
    event: "enrollment.refused",
    actor: actorOf(caller),
    fields: { total, since: since.toISOString(), refusals: told },
  });
}

function refuse(field: string, message: string): never {
  throw new LatchkeyError("FIELD_INVALID", message, { violations: [{ field, description: "is not allowed" }] });
}
