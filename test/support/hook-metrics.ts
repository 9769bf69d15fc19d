import { EVENTS, type EventName } from "../../clients/nginx/events.js";
import { renderMetrics } from "../../clients/nginx/metrics.js";

const TIME = "2026-11-26T13:00:00.000Z";
/** Every metric that a hook has, as its own port gives them. */
export const ALL_OF_THE_HOOK = renderMetrics({
  isWell: false,
  ca: { connected: true, lastContactTime: TIME },
  crl: { number: "1", thisUpdate: TIME, nextUpdate: TIME, entries: 1, isStale: true },
  problem: { code: "DISK_FULL", message: "" },
  warnings: [{ code: "CRL_STALE", message: "" }],
  serverCertificateEndTime: TIME,
  events: Object.fromEntries(EVENTS.map((name) => [name, 0])) as Record<EventName, number>,
});
