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

/** Each unit with its seconds, and the first count that is told in the next one. */
const UNITS = [
  ["second", 1, 60],
  ["minute", 60, 60],
  ["hour", 3600, 48],
  ["day", 86_400, Number.POSITIVE_INFINITY],
] as const;

/** How long something took: `0.4 s`, `12 s`, `3 minutes`, `2 days`. */
export function lengthOf(millis: number): string {
  const seconds = Math.max(0, millis) / 1_000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return relative(new Date(seconds * 1_000), new Date(0)).replace(/^in /, "");
}

/** `in 3 days`, `2 hours ago`: in the largest unit that fits. An hour less a blink is an hour, not 60 minutes. */
export function relative(time: Date, now: Date): string {
  const seconds = (time.getTime() - now.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  const [unit, length] = UNITS.find(([, length, end]) => Math.abs(Math.round(seconds / length)) < end) ?? UNITS[3];
  return format.format(Math.round(seconds / length), unit);
}
