import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { EVENTS, type EventName } from "../../../clients/nginx/events.js";
import { renderMetrics } from "../../../clients/nginx/metrics.js";

const PAGE = readFileSync(new URL("../../../../docs/monitoring.md", import.meta.url), "utf8");
const TIME = "2026-11-26T13:00:00.000Z";
const ALL = renderMetrics({
  isWell: false,
  ca: { connected: true, lastContactTime: TIME },
  crl: { number: "1", thisUpdate: TIME, nextUpdate: TIME, entries: 1, isStale: true },
  problem: { code: "DISK_FULL", message: "" },
  warnings: [{ code: "CRL_STALE", message: "" }],
  serverCertificateEndTime: TIME,
  events: Object.fromEntries(EVENTS.map((name) => [name, 0])) as Record<EventName, number>,
});

test("every metric is in the table, in its order, and nothing else is", () => {
  const there = [...ALL.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  const documented = [...PAGE.matchAll(/^\| `(latchkey_nginx_\w+)`/gm)].map(([, name]) => name);
  assert.deepEqual(documented, there);
});
