import { CallError } from "../connect/error.js";
import type { Enforcement } from "./enforcement.js";
import type { Log } from "./events.js";
import { createInbox } from "./inbox.js";
import type { Keeper } from "./keeper.js";
import { Problem } from "./problem.js";
import { keepEnforcing } from "./rounds.js";
import type { Session } from "./session.js";
import { together } from "./together.js";

/**
 * Follows the CA over one connection: each CRL that comes is enforced and reported, until the signal fires or the credential has
 * been renewed: then a new connection is needed, under the new one.
 *
 * @param onCrl is told of each CRL that arrived whole
 * @throws CallError when the connection is lost, Problem (CRL_CORRUPT, CA_CHANGED) when what came over it can't be used: the CA
 *   has been told why, and a new connection brings it anew
 */
export async function followCa(session: Session, keeper: Keeper, log: Log, onCrl: () => void, signal: AbortSignal): Promise<void> {
  const inbox = createInbox(() => keeper.held);
  const report = (enforcement: Enforcement) => session.report(enforcement).catch(logFailedReport(log));
  try {
    await session.pinTrust();
    await session.refreshServerCertificate();
    await together(signal, [
      (ended) => keepEnforcing({ keeper, inbox, report, refreshCertificate: session.refreshServerCertificate }, ended),
      session.renewed,
      (ended) =>
        session.watch((crl) => {
          log("crl.received", { octets: crl.der.length });
          onCrl();
          inbox.put(crl);
        }, ended),
    ]);
  } catch (error) {
    if (error instanceof Problem) await report(keeper.refuse(error));
    throw error;
  }
}

/** What is not told now is told after the next round. */
function logFailedReport(log: Log): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof CallError)) throw error;
    log("report.failed", { code: error.reason, detail: error.message });
  };
}
