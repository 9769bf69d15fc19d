const UNIT_MILLIS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** nginx's time intervals: `2s`, `500ms`, `1m30s`, `90` (seconds). Milliseconds; undefined for what nginx would not take. */
export function parseDuration(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d+(ms|[smhdw]) ?)+$/.test(text)) return undefined;
  let millis = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g)) millis += Number(count) * (UNIT_MILLIS[unit ?? ""] ?? 0);
  return millis;
}
