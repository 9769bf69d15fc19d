import type { FramedCrl } from "../connect/crl-frames.js";
import { CallError } from "../connect/error.js";
import { pause } from "./backoff.js";
import type { Enforcement } from "./enforcement.js";
import type { Log } from "./events.js";
import { createInbox } from "./inbox.js";
import type { Keeper } from "./keeper.js";
import { Problem } from "./problem.js";
import { keepEnforcing } from "./rounds.js";
import type { Schedule } from "./schedule.js";
import type { Session } from "./session.js";
import type { Sightings } from "./sightings.js";
import { together } from "./together.js";

const SIGHTINGS_MILLIS = 60_000;

/**
 * Follows the CA over one connection: each CRL that comes is enforced and reported, until the signal fires or the credential has
 * been renewed: then a new connection is needed, under the new one.
 *
 * `onCrl` is told of each CRL that arrived whole; `sightings`, where there are any, are reported each minute.
 *
 * @throws CallError when the connection is lost, Problem (CRL_CORRUPT, CA_CHANGED) when what came over it can't be used: the CA
 *   has been told why, and a new connection brings it anew
 */
export async function followCa(
  session: Session,
  keeper: Keeper,
  { schedule, log, onCrl, sightings }: { schedule: Schedule; log: Log; onCrl: () => void; sightings: Sightings | undefined },
  signal: AbortSignal,
): Promise<void> {
  const inbox = createInbox(() => keeper.held);
  const report = (enforcement: Enforcement) => session.report(enforcement).catch(logFailedReport(log));
  try {
    await session.pinTrust();
    await session.refreshServerCertificate();
    await together(signal, [
      (ended) =>
        keepEnforcing(
          {
            keeper,
            inbox,
            schedule,
            report,
            refreshCertificate: session.refreshServerCertificate,
            refreshCanaries: session.refreshCanaries,
          },
          ended,
        ),
      session.renewed,
      (ended) => keepReporting(session, sightings, log, ended),
      (ended) =>
        session.watch((crl) => {
          const all = [crl, ...crl.adopted];
          const sum = (octetsOf: (one: FramedCrl) => number) => all.reduce((octets, one) => octets + octetsOf(one), 0);
          log("crl.received", { octets: sum(({ der }) => der.length), cameOctets: sum(({ cameOctets }) => cameOctets) });
          onCrl();
          inbox.put(crl);
        }, ended),
    ]);
  } catch (error) {
    if (error instanceof Problem) await report(keeper.refuse(error));
    throw error;
  }
}

/** Tells the CA each minute which devices were seen. What can't be told now is told with the next. */
async function keepReporting(session: Session, sightings: Sightings | undefined, log: Log, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await pause(SIGHTINGS_MILLIS, ended);
    const seen = sightings?.take() ?? [];
    if (seen.length === 0) continue;
    await session.reportSightings(seen).catch((error: unknown) => {
      sightings?.putBack(seen);
      logFailedReport(log)(error);
    });
  }
}

/** What is not told now is told after the next round. */
function logFailedReport(log: Log): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof CallError)) throw error;
    log("report.failed", { code: error.reason, detail: error.message });
  };
}
