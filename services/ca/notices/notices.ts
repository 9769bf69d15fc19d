import { randomUUID } from "node:crypto";
import type { Settings } from "../../config.js";
import type { Context } from "../workflows/context.js";
import type { Channel } from "./channel.js";
import { createDelivery, type Trouble } from "./delivery.js";
import { createEmailChannel } from "./email.js";
import { createLook } from "./look.js";
import { testMessage } from "./message.js";
import { problemOf } from "./problem.js";
import { createPrune } from "./prune.js";
import { createWebhookChannel } from "./webhook.js";

/** Tells people in time that a device's certificate is about to end. */
export interface Notices {
  /** Looks and delivers at once, then every hour and whenever a try is due. */
  start(): void;
  /** Looks for what is due, and tries everything whose time has come. */
  run(): Promise<void>;
  /** Sends a test by every channel; where it gets through, what was given up is taken up again. */
  test(): Promise<readonly TestOutcome[]>;
  trouble(): readonly ChannelTrouble[];
  /** Waits a while for what is being sent, so that its end is known; then breaks it off. */
  close(): Promise<void>;
}

export interface TestOutcome {
  readonly channel: string;
  readonly receiver: string;
  readonly delivered: boolean;
  /** What the receiver answered, or what stood in the way. */
  readonly answer: string;
}

export interface ChannelTrouble extends Trouble {
  /** It can't send at all: a file that it needs can't be used. */
  readonly unusable: string | undefined;
}

type Parts = Pick<Context, "store" | "clock" | "log" | "settings">;

const HOUR_MILLIS = 3600_000;
const SOONEST_MILLIS = 1_000;
/** After the store could not be read or written. */
const REST_MILLIS = 60_000;
const GRACE_MILLIS = 5_000;

export function createNotices(parts: Parts, channels: readonly Channel[] = channelsOf(parts.settings), random?: () => number): Notices {
  const { clock, log, settings } = parts;
  const names = channels.map(({ name }) => name);
  const look = createLook(parts, settings.notices.daysBefore, names);
  const prune = createPrune(parts);
  const lines = channels.map((channel) => ({ channel, delivery: createDelivery(parts, channel, random), unusable: "" }));
  /** No new try begins. */
  const stopping = new AbortController();
  /** What is being sent is broken off. */
  const breaking = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let cycles: Promise<unknown> = Promise.resolve();
  let isStarted = false;

  async function work(): Promise<void> {
    if (channels.length === 0) return;
    if (!isStarted) await Promise.all(lines.map(({ delivery }) => delivery.revive()));
    isStarted = true;
    for (const line of lines) line.unusable = await problemWith(line.channel);
    await look(stopping.signal);
    await prune();
    await Promise.all(lines.map(({ delivery }) => delivery.run(stopping.signal, breaking.signal)));
  }

  /** One at a time; who comes meanwhile waits for what is under way, and for a run of his own. */
  async function run(): Promise<void> {
    while (running !== undefined) await running.catch(() => undefined);
    if (stopping.signal.aborted) return;
    running = work().finally(() => {
      running = undefined;
    });
    await running;
  }

  /** Runs, and sees to it that it is run again when there is something to do. */
  async function cycle(): Promise<void> {
    let restMillis = HOUR_MILLIS;
    try {
      await run();
      for (const { delivery } of lines) {
        const next = await delivery.nextTryAt();
        if (next !== undefined) restMillis = Math.min(restMillis, next.getTime() - clock.now().getTime());
      }
    } catch (error) {
      log("service.failed", { what: "notices of expiring certificates", error: error instanceof Error ? error.message : String(error) });
      restMillis = REST_MILLIS;
    }
    clearTimeout(timer);
    if (!stopping.signal.aborted) timer = setTimeout(begin, Math.max(restMillis, SOONEST_MILLIS)).unref();
  }

  function begin(): void {
    clearTimeout(timer);
    cycles = Promise.all([cycles, cycle()]);
  }

  async function test({ channel, delivery }: (typeof lines)[number]): Promise<TestOutcome> {
    const { name, receiver } = channel;
    try {
      const answer = await channel.send(testMessage(randomUUID(), clock.now()), breaking.signal);
      await delivery.revive();
      return { channel: name, receiver, delivered: true, answer };
    } catch (error) {
      return { channel: name, receiver, delivered: false, answer: problemOf(error).message };
    }
  }

  return {
    start() {
      if (channels.length > 0) begin();
    },
    run,
    async test() {
      const outcomes = await Promise.all(lines.map(test));
      // What was taken up again is sent now, not in an hour.
      if (outcomes.some(({ delivered }) => delivered)) begin();
      return outcomes;
    },
    trouble: () => lines.map(({ delivery, unusable }) => ({ ...delivery.trouble(), unusable: unusable === "" ? undefined : unusable })),
    async close() {
      stopping.abort();
      clearTimeout(timer);
      const grace = setTimeout(() => breaking.abort(), GRACE_MILLIS);
      await running?.catch(() => undefined);
      await cycles;
      clearTimeout(grace);
    },
  };
}

/** The channels that the settings name. */
export function channelsOf({ notices: { webhook, email } }: Settings): Channel[] {
  return [...(webhook === undefined ? [] : [createWebhookChannel(webhook)]), ...(email === undefined ? [] : [createEmailChannel(email)])];
}

async function problemWith(channel: Channel): Promise<string> {
  return await channel.check().then(
    () => "",
    (error: unknown) => problemOf(error).message,
  );
}
