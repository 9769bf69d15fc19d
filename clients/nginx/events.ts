/** The hook's events: a line of JSON each, on standard error. A field never holds a key or a token. */
export const EVENTS = [
  "hook.started",
  "hook.stopped",
  "ca.connected",
  "ca.away",
  "ca.pinned",
  "crl.received",
  "crl.refused",
  "crl.installed",
  "crl.enforced",
  "nginx.not_enforcing",
  "files.rolled_back",
  "server_certificate.installed",
  "server_certificate.skipped",
  "server_certificate.failed",
  "credential.renewed",
  "credential.failed",
  "report.failed",
] as const;
export type EventName = (typeof EVENTS)[number];
export type Log = (event: EventName, fields?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>) => void;

export function createLog(write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  return (event, fields = {}) => write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
}
