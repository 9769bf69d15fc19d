import { X509Certificate } from "node:crypto";
import type { EventFields } from "../../services/event-line.js";
import { EVENTS, type EventName, type Log } from "./events.js";
import { isStale } from "./freshness.js";
import type { Keeper } from "./keeper.js";
import { isPressing } from "./warning.js";

/** How the hook stands, as `/status` of its own port says it. Times are ISO 8601; what is not known is left out. */
export interface Standing {
  /** Nothing is in the way, and the CRL is fresh. */
  readonly isWell: boolean;
  readonly ca: { readonly address?: string; readonly connected: boolean; readonly lastContactTime?: string };
  readonly crl?: {
    readonly number: string;
    readonly thisUpdate: string;
    readonly nextUpdate: string;
    readonly entries: number;
    readonly isStale: boolean;
  };
  /** What nginx has proved to enforce. */
  readonly enforcedCrlNumber?: string;
  readonly problem?: { readonly code: string; readonly message: string };
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  /** The end of nginx's own certificate, where the hook keeps it. */
  readonly serverCertificateEndTime?: string;
  /** How often each event has happened since the start. */
  readonly events: Readonly<Record<EventName, number>>;
}

/** Follows the hook's events, and passes them on. */
export interface Witness {
  readonly log: Log;
  standingOf(keeper: Keeper, now: Date): Standing;
}

export function createWitness(log: Log): Witness {
  const events = Object.fromEntries(EVENTS.map((name) => [name, 0])) as Record<EventName, number>;
  let address: string | undefined;
  let connected = false;
  let lastContact: Date | undefined;

  function witness(event: EventName, fields?: EventFields): void {
    events[event] += 1;
    if (event === "ca.connected") address = String(fields?.address);
    if (event === "ca.connected" || event === "crl.received") connected = true;
    if (event === "ca.away") connected = false;
    if (connected) lastContact = new Date();
    log(event, fields);
  }

  return {
    log: witness,
    standingOf({ crl, enforcement, serverCertificate }, now) {
      const { enforced, problem, warnings } = enforcement;
      const stale = crl !== undefined && isStale(crl, now);
      if (connected) lastContact = now;
      return {
        isWell: crl !== undefined && !stale && problem === undefined && enforced !== undefined && !warnings.some(isPressing),
        ca: {
          ...(address === undefined ? {} : { address }),
          connected,
          ...(lastContact === undefined ? {} : { lastContactTime: lastContact.toISOString() }),
        },
        ...(crl === undefined
          ? {}
          : {
              crl: {
                number: String(crl.number),
                thisUpdate: crl.thisUpdate.toISOString(),
                nextUpdate: crl.nextUpdate.toISOString(),
                entries: crl.serialNumbers.size,
                isStale: stale,
              },
            }),
        ...(enforced === undefined ? {} : { enforcedCrlNumber: String(enforced) }),
        ...(problem === undefined ? {} : { problem: { code: problem.code, message: problem.message } }),
        warnings: warnings.map(({ code, message }) => ({ code, message })),
        ...endOf(serverCertificate),
        events: { ...events },
      };
    },
  };
}

function endOf(certificate: string | undefined): { readonly serverCertificateEndTime?: string } {
  try {
    return certificate === undefined ? {} : { serverCertificateEndTime: new Date(new X509Certificate(certificate).validTo).toISOString() };
  } catch {
    // Damaged: it is replaced with the next look.
    return {};
  }
}
