import { createEventWriter, type EventFields } from "../../services/event-line.js";

/** The hook's events, on standard error. A field never holds a key or a token. */
export const EVENTS = [
  "hook.started",
  "hook.stopped",
  "ca.connected",
  "ca.away",
  "ca.pinned",
  "crl.received",
  "crl.change_unfit",
  "crl.refused",
  "crl.installed",
  "crl.enforced",
  "crl.stale",
  "crl.kept",
  "crl.kept_no_more",
  "nginx.not_enforcing",
  "files.rolled_back",
  "command.done",
  "command.failed",
  "server_certificate.installed",
  "server_certificate.failed",
  "credential.renewed",
  "credential.failed",
  "report.failed",
] as const;
export type EventName = (typeof EVENTS)[number];
export type Log = (event: EventName, fields?: EventFields) => void;

/** On standard error, unless told otherwise: lines of JSON for a journal, readable ones at a terminal. */
export function createLog(write?: (line: string) => void): Log {
  return createEventWriter<EventName>(write === undefined ? process.stderr : { write });
}

/** What `once` says itself at its end. */
const CONCLUDED: ReadonlySet<EventName> = new Set(["crl.enforced", "crl.refused", "nginx.not_enforcing", "server_certificate.failed"]);

/** For `once`: at a terminal everything is said once. */
export function createOnceLog(): Log {
  const log = createLog();
  if (process.stderr.isTTY !== true) return log;
  return (event, fields) => {
    if (!CONCLUDED.has(event)) log(event, fields);
  };
}
