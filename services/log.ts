import { createEventWriter, type EventFields } from "./event-line.js";

/**
 * The one list of events, and how they are written: a line of JSON each, on standard error.
 * The same names stand in the audit log. A field never holds a token, a passphrase or a key.
 */
export const EVENTS = [
  "service.started",
  "service.stopped",
  "service.failed",
  "data.created",
  "clock.accepted",
  "authority.created",
  "authority.adopted",
  "authority.revoked",
  "domain.added",
  "certificate.issued",
  "certificate.adopted",
  "certificate.renewed",
  "certificate.revoked",
  "certificate.held",
  "certificate.released",
  "certificate.refused",
  "invitation.created",
  "invitation.canceled",
  "invitation.redeemed",
  "invitation.refused",
  "invitation.locked",
  "invitation.expired",
  "crl.signed",
  "crl.behind",
  "crl.restored",
  "ocsp_responder.issued",
  "subscriber.registered",
  "subscriber.removed",
  "subscriber.reported",
  "notice.due",
  "notice.delivered",
  "notice.failed",
  "notice.dead",
  "notice.withdrawn",
  "notice.revived",
  "notice.tested",
  "operator.refused",
  "administrator.made",
  "enrollment.refused",
  "enrollment.started",
  "enrollment.exited",
  "call.failed",
  "credential.renewed",
  "credential.failed",
  "backup.made",
  "backup.restored",
] as const;
export type EventName = (typeof EVENTS)[number];

export type Log = (event: EventName, fields?: EventFields) => void;

/** Writes events as lines of JSON: `{"time":…,"event":…,…}`. */
export function createLog(write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  return createEventWriter<EventName>({ write });
}
