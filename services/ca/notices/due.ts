import type { CertificateRecord, NoticeChannel, NoticeRecord } from "../authority/types.js";

export const DAY_MILLIS = 24 * 3600_000;

/**
 * The most urgent threshold that a certificate has reached, in days before its end. None when it has ended; and one that lay before its
 * issue is no news: a certificate of 20 days is not 40 days late.
 */
export function reachedThreshold(
  { issuedAt, notAfter }: Pick<CertificateRecord, "issuedAt" | "notAfter">,
  daysBefore: readonly number[],
  at: Date,
): number | undefined {
  const leftMillis = notAfter.getTime() - at.getTime();
  if (leftMillis <= 0) return undefined;
  const reached = daysBefore.filter(
    (days) => leftMillis <= days * DAY_MILLIS && notAfter.getTime() - days * DAY_MILLIS > issuedAt.getTime(),
  );
  return reached.length === 0 ? undefined : Math.min(...reached);
}

/** The channels by which nobody was told of this threshold yet, or of a more urgent one (the settings may have changed). */
export function untoldChannels(
  threshold: number,
  told: readonly NoticeRecord[],
  channels: readonly NoticeChannel[],
): readonly NoticeChannel[] {
  return channels.filter((channel) => !told.some((one) => one.channel === channel && one.daysBefore <= threshold));
}

/** Certificates that end after `after`, and not after `upTo`. */
export interface Span {
  readonly after: Date;
  readonly upTo: Date;
}

/** Where the certificates end that have reached a threshold since a look; without an earlier look, all that have reached one. */
export function spansToLookAt(daysBefore: readonly number[], since: Date | undefined, at: Date): Span[] {
  const ahead = (from: Date, days: number) => new Date(from.getTime() + days * DAY_MILLIS);
  if (since === undefined) return [{ after: at, upTo: ahead(at, Math.max(...daysBefore)) }];
  return daysBefore.map((days) => ({ after: ahead(since, days), upTo: ahead(at, days) }));
}
