import { CommandError } from "./error.js";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Reads `10s`, `15m`, `2h`, `30d`, `1w`. Answers seconds. */
export function parseDuration(text: string): number {
  const [, number, unit = "s"] = /^(\d{1,6})([smhdw])$/.exec(text.trim()) ?? [];
  const seconds = Number(number) * (SECONDS[unit] ?? Number.NaN);
  if (number === undefined || Number.isNaN(seconds)) {
    throw new CommandError("USAGE", `"${text}" is no length of time: write e.g. 10s, 15m, 2h or 30d.`);
  }
  return seconds;
}

/** `in 3 days`, `2 hours ago`: the largest unit that fits. */
export function relative(time: Date, now: Date): string {
  const seconds = Math.round((time.getTime() - now.getTime()) / 1000);
  const format = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  const absolute = Math.abs(seconds);
  if (absolute < 60) return format.format(seconds, "second");
  if (absolute < 3600) return format.format(Math.round(seconds / 60), "minute");
  if (absolute < 2 * 86_400) return format.format(Math.round(seconds / 3600), "hour");
  return format.format(Math.round(seconds / 86_400), "day");
}
