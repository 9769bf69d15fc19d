import type { CertificateRecord, NoticeRecord, NoticeState } from "../authority/types.js";
import type { AuditEntry } from "../store/store.js";
import type { Context } from "../workflows/context.js";
import type { Channel } from "./channel.js";
import { DAY_MILLIS } from "./due.js";
import { expiringMessage, messageId } from "./message.js";
import { isNewest } from "./newest.js";
import { problemOf } from "./problem.js";
import { afterFailure, isTimeFor } from "./retry.js";

/** What one channel owes, and how it fares. */
export interface Delivery {
  /**
   * Tries what is due, one after another; a receiver that fails again and again is left alone for now. No try begins once `stopping`
   * has fired, and one that is under way is broken off by `breaking`. Throws what the store throws.
   */
  run(stopping: AbortSignal, breaking: AbortSignal): Promise<void>;
  /** When the next try is due. */
  nextTryAt(): Promise<Date | undefined>;
  /** Takes what was given up up again: the receiver may be mended. */
  revive(): Promise<void>;
  /** As of the last run. */
  trouble(): Trouble;
}

export interface Trouble {
  readonly channel: Channel["name"];
  readonly receiver: string;
  /** Given up: how many (at most 1000 are counted), of which devices (the first few), and why. */
  readonly dead: { readonly count: number; readonly devices: readonly string[]; readonly problem: string } | undefined;
  /** Why a try failed, while there will be another. */
  readonly failing: string | undefined;
}

type Waiting = NoticeRecord & { readonly state: Extract<NoticeState, { kind: "waiting" }> };

const MOST_COUNTED = 1_000;
const MOST_NAMED = 3;
const BATCH = 200;
/** In one run: the other channels, and the next look, do not wait for more of them. */
const MOST_FAILURES = 3;

export function createDelivery(
  { store, clock, log }: Pick<Context, "store" | "clock" | "log">,
  channel: Channel,
  random: () => number = Math.random,
): Delivery {
  /** Sent in this life, but the disk was full when it was to be recorded: not to be sent again, only to be recorded. */
  const sent = new Set<string>();
  let dead: Trouble["dead"];
  let failing: string | undefined;

  const fieldsOf = (notice: NoticeRecord) => ({
    channel: channel.name,
    serialNumber: notice.serialNumber,
    daysBefore: notice.daysBefore,
  });

  async function finish(notice: NoticeRecord, kind: "delivered" | "withdrawn"): Promise<void> {
    const at = clock.now();
    const audit = (): AuditEntry => ({ time: at, event: `notice.${kind}`, actor: "system", fields: fieldsOf(notice) });
    await store.updateNotice(notice, (record) => ({ ...record, state: { kind, at } }), audit);
    log(`notice.${kind}`, fieldsOf(notice));
  }

  async function fail(notice: Waiting, problem: string): Promise<void> {
    const at = clock.now();
    const state = afterFailure(notice.state, problem, at, random());
    const event = state.kind === "dead" ? "notice.dead" : "notice.failed";
    const fields = { ...fieldsOf(notice), tries: notice.state.tries + 1, problem };
    const audit = (): AuditEntry | undefined => (event === "notice.dead" ? { time: at, event, actor: "system", fields } : undefined);
    await store.updateNotice(notice, (record) => ({ ...record, state }), audit);
    log(event, fields);
  }

  /** Answers whether the receiver failed. */
  async function attempt(notice: Waiting, breaking: AbortSignal): Promise<boolean> {
    const id = messageId(notice);
    if (!sent.has(id)) {
      const certificate = await store.getCertificate({ authority: "devices", serialNumber: notice.serialNumber });
      if (certificate === undefined || !(await isWanted(notice, certificate))) {
        await finish(notice, "withdrawn");
        return false;
      }
      try {
        await channel.send(expiringMessage(notice, certificate), breaking);
      } catch (error) {
        // Whoever stops the CA has not made the receiver fail.
        if (!breaking.aborted) await fail(notice, problemOf(error).message);
        return true;
      }
      sent.add(id);
    }
    await finish(notice, "delivered");
    sent.delete(id);
    return false;
  }

  /** Nobody needs to hear of a device that has a newer certificate, or that was held or revoked; nor of less when more was told. */
  async function isWanted({ serialNumber, daysBefore }: NoticeRecord, certificate: CertificateRecord): Promise<boolean> {
    const others = await store.noticesOf(serialNumber);
    if (others.some((one) => one.channel === channel.name && one.daysBefore < daysBefore)) return false;
    const [now, end] = [clock.now().getTime(), certificate.notAfter.getTime()];
    // A receiver that was away hears of an end that is over, too: a day late is better than never.
    if (now - end > DAY_MILLIS) return false;
    return await isNewest(store, certificate, new Date(Math.min(now, end)));
  }

  async function waiting(limit: number): Promise<readonly Waiting[]> {
    const found = await store.undeliveredNotices(channel.name, "waiting", limit);
    return found.filter((one): one is Waiting => one.state.kind === "waiting");
  }

  async function due(): Promise<readonly Waiting[]> {
    const at = clock.now();
    return (await waiting(BATCH)).filter(({ state }) => isTimeFor(state, at));
  }

  async function deliver(stopping: AbortSignal, breaking: AbortSignal): Promise<void> {
    let failures = 0;
    for (let batch = await due(); batch.length > 0; batch = await due()) {
      for (const notice of batch) {
        if (stopping.aborted || failures >= MOST_FAILURES) return;
        if (await attempt(notice, breaking)) failures++;
      }
    }
  }

  async function countDead(): Promise<Trouble["dead"]> {
    const found = await store.undeliveredNotices(channel.name, "dead", MOST_COUNTED);
    const last = found.at(-1)?.state;
    if (last?.kind !== "dead") return undefined;
    const named = found.slice(-MOST_NAMED).map(({ serialNumber }) => store.getCertificate({ authority: "devices", serialNumber }));
    const devices = (await Promise.all(named)).flatMap((one) => (one === undefined ? [] : [one.deviceName]));
    return { count: found.length, devices: [...new Set(devices)], problem: last.problem };
  }

  return {
    async run(stopping, breaking) {
      await deliver(stopping, breaking);
      dead = await countDead();
      failing = (await waiting(BATCH)).find(({ state }) => state.tries > 0)?.state.problem;
    },

    nextTryAt: async () => (await waiting(1))[0]?.state.nextTryAt,

    async revive() {
      const state = { kind: "waiting", tries: 0, nextTryAt: clock.now(), problem: "" } as const;
      const given = await store.undeliveredNotices(channel.name, "dead", Number.MAX_SAFE_INTEGER);
      const take = (record: NoticeRecord) => (record.state.kind === "dead" ? { ...record, state } : record);
      await Promise.all(given.map((one) => store.updateNotice(one, take, () => undefined)));
      if (given.length > 0) log("notice.revived", { channel: channel.name, count: given.length });
      dead = undefined;
    },

    trouble: () => ({ channel: channel.name, receiver: channel.receiver, dead, failing }),
  };
}
