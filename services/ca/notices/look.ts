import type { CertificateRecord, NoticeChannel } from "../authority/types.js";
import type { Context } from "../workflows/context.js";
import { DAY_MILLIS, reachedThreshold, type Span, spansToLookAt, untoldChannels } from "./due.js";
import { isNewest } from "./newest.js";

/** Records every notice that is due and not yet recorded; answers how many. Stops early when it is aborted. */
export type Look = (signal: AbortSignal) => Promise<number>;

/** Few at a time: everything else that the CA does goes on in between. */
const PAGE = 50;

/**
 * Looks for certificates that have reached a threshold: after the first look at those alone that have reached one since (a few, of however many
 * there are), and once a day at all of them, for who was held when a threshold passed, or whose last look failed.
 */
export function createLook(
  { store, clock, log }: Pick<Context, "store" | "clock" | "log">,
  daysBefore: readonly number[],
  channels: readonly NoticeChannel[],
): Look {
  let wholeAt: Date | undefined;
  let lookedAt: Date | undefined;

  async function inform(certificate: CertificateRecord, at: Date): Promise<number> {
    const threshold = reachedThreshold(certificate, daysBefore, at);
    if (threshold === undefined) return 0;
    const { serialNumber, deviceName } = certificate;
    const untold = untoldChannels(threshold, await store.noticesOf(serialNumber), channels);
    if (untold.length === 0 || !(await isNewest(store, certificate, at))) return 0;
    const state = { kind: "waiting", tries: 0, nextTryAt: at, problem: "" } as const;
    const notices = untold.map((channel) => ({ serialNumber, daysBefore: threshold, channel, dueAt: at, state }));
    const fields = { serialNumber, deviceName, daysBefore: threshold, channels: untold };
    const inserted = await store.insertNotices(notices, () => ({ time: at, event: "notice.due", actor: "system", fields }));
    if (inserted.length > 0) log("notice.due", fields);
    return inserted.length;
  }

  async function lookAt({ after, upTo }: Span, at: Date, signal: AbortSignal): Promise<number> {
    const query = {
      authority: "devices",
      status: "valid",
      notAfterAfter: after,
      notAfterBefore: new Date(upTo.getTime() + 1),
      at,
    } as const;
    let found = 0;
    let token = "";
    do {
      const page = await store.listCertificates(query, { size: PAGE, token });
      for (const count of await Promise.all(page.items.map((one) => inform(one, at)))) found += count;
      token = page.nextToken;
    } while (token !== "" && !signal.aborted);
    return found;
  }

  return async (signal) => {
    const at = clock.now();
    // A clock that was set back has looked at what lies ahead of it now.
    const isWhole = wholeAt === undefined || lookedAt === undefined || at < lookedAt || at.getTime() - wholeAt.getTime() >= DAY_MILLIS;
    let found = 0;
    for (const span of spansToLookAt(daysBefore, isWhole ? undefined : lookedAt, at)) found += await lookAt(span, at, signal);
    if (signal.aborted) return found;
    lookedAt = at;
    if (isWhole) wholeAt = at;
    return found;
  };
}
