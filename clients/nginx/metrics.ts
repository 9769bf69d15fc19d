import type { Standing } from "./standing.js";

/** A standing as Prometheus reads it (text exposition format 0.0.4). Labels are our own codes: they need no escaping. */
export function renderMetrics({
  isWell,
  ca,
  crl,
  enforcedCrlNumber,
  problem,
  warnings,
  serverCertificateEndTime,
  events,
}: Standing): string {
  const lines: string[] = [];
  function metric(
    name: string,
    type: "gauge" | "counter",
    help: string,
    samples: readonly (readonly [labels: string, value: number])[],
  ): void {
    if (samples.length === 0) return;
    lines.push(`# HELP latchkey_nginx_${name} ${help}`, `# TYPE latchkey_nginx_${name} ${type}`);
    for (const [labels, value] of samples) lines.push(`latchkey_nginx_${name}${labels} ${value}`);
  }
  const gauge = (name: string, help: string, value: number | undefined) =>
    metric(name, "gauge", help, value === undefined ? [] : [["", value]]);

  gauge("well", "1 while nginx enforces a fresh CRL and nothing is in the way.", Number(isWell));
  gauge("ca_connected", "1 while the CA can be reached.", Number(ca.connected));
  gauge("ca_last_contact_timestamp_seconds", "When the CA was last heard of.", seconds(ca.lastContactTime));
  gauge("crl_this_update_timestamp_seconds", "When the CRL that is held was signed.", seconds(crl?.thisUpdate));
  gauge("crl_next_update_timestamp_seconds", "When it ends: from then on nginx refuses everybody.", seconds(crl?.nextUpdate));
  gauge("crl_entries", "How many certificates it refuses.", crl?.entries);
  gauge(
    "crl_enforced",
    "1 while nginx has proved to enforce it.",
    crl === undefined ? undefined : Number(crl.number === enforcedCrlNumber),
  );
  gauge("server_certificate_not_after_timestamp_seconds", "When nginx's own certificate ends.", seconds(serverCertificateEndTime));
  metric("problem", "gauge", "Why the newest CRL is not enforced.", problem === undefined ? [] : [[`{code="${problem.code}"}`, 1]]);
  metric(
    "warning",
    "gauge",
    "What else needs attention.",
    warnings.map(({ code }) => [`{code="${code}"}`, 1]),
  );
  metric(
    "events_total",
    "counter",
    "What has happened since the start.",
    Object.entries(events).map(([name, count]) => [`{event="${name}"}`, count]),
  );
  return `${lines.join("\n")}\n`;
}

function seconds(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time) / 1_000;
}
