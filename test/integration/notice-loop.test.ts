import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LatchkeyError } from "../../services/ca/authority/error.js";
import type { CertificateRecord } from "../../services/ca/authority/types.js";
import { createLook } from "../../services/ca/notices/look.js";
import { createNotices } from "../../services/ca/notices/notices.js";
import type { Store } from "../../services/ca/store/store.js";
import type { Context } from "../../services/ca/workflows/context.js";
import { settingsSchema } from "../../services/config.js";
import { createTestContext } from "../support/context.js";
import { countReads } from "../support/level-reads.js";
import { certificate, entry } from "../support/store.js";
import { startWebhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.js";

const DAY_MILLIS = 24 * 3600_000;
const reads = countReads();

interface World {
  readonly context: Context;
  readonly receiver: WebhookReceiver;
  /** Puts a device's certificate with so many days left into the store; it was issued long ago. */
  add(daysLeft: number, name?: string): Promise<CertificateRecord>;
}

/** A real store and a real receiver, without the rest of the CA. */
async function startWorld(t: TestContext, faulty?: (store: Store) => Store): Promise<World> {
  const { context, remove } = await createTestContext(faulty);
  const receiver = await startWebhookReceiver();
  t.after(async () => {
    await receiver.down();
    await remove();
  });
  const secretFile = join(context.settings.data, "notices.secret");
  await writeFile(secretFile, `whsec_${Buffer.alloc(32, 3).toString("base64")}`);
  const settings = settingsSchema.parse({ ...context.settings, notices: { webhook: { url: receiver.origin, secretFile } } });
  return {
    context: { ...context, settings },
    receiver,
    async add(daysLeft, name = `device ${randomUUID()}`) {
      const notAfter = new Date(Date.now() + daysLeft * DAY_MILLIS);
      const one = certificate({ deviceName: name, issuedAt: new Date(Date.now() - 400 * DAY_MILLIS), notAfter });
      await context.store.insertCertificate(one, undefined, entry());
      return one;
    },
  };
}

const ids = (receiver: WebhookReceiver) => receiver.received.map(({ headers }) => String(headers["webhook-id"]));

test("with the disk full between sending and recording, a notice is not sent again, and is recorded when there is room", async (t) => {
  let isFull = false;
  const world = await startWorld(t, (store) => ({
    ...store,
    updateNotice: (...args) =>
      isFull ? Promise.reject(new LatchkeyError("STORE_FULL", "The disk is full.")) : store.updateNotice(...args),
  }));
  const { serialNumber } = await world.add(20);
  const notices = createNotices(world.context);
  isFull = true;
  for (let times = 0; times < 3; times++) await assert.rejects(notices.run(), { code: "STORE_FULL" });
  isFull = false;
  await notices.run();
  assert.deepEqual(ids(world.receiver), [`expiring_${serialNumber}_30_webhook`]);
  const [told] = await world.context.store.noticesOf(serialNumber);
  assert.equal(told?.state.kind, "delivered");
});

test("a CA that is stopped while a receiver takes its time waits for the answer, and the next start sends nothing", async (t) => {
  const world = await startWorld(t);
  const { serialNumber } = await world.add(20);
  world.receiver.onRequest = () => sleep(700);
  const notices = createNotices(world.context);
  notices.start();
  while (world.receiver.received.length === 0) await sleep(10);
  await notices.close();
  assert.equal((await world.context.store.noticesOf(serialNumber))[0]?.state.kind, "delivered");
  const next = createNotices(world.context);
  await next.run();
  assert.equal(world.receiver.received.length, 1);
});

test("a CA that is stopped while a receiver hangs is not held up, and does not count that as the receiver's failure", async (t) => {
  const world = await startWorld(t);
  const { serialNumber } = await world.add(20);
  world.receiver.answer = undefined;
  const notices = createNotices(world.context);
  notices.start();
  while (world.receiver.received.length === 0) await sleep(10);
  const stopping = performance.now();
  await notices.close();
  assert.ok(performance.now() - stopping < 9_500, "it did not wait for the receiver's ten seconds");
  const [state] = (await world.context.store.noticesOf(serialNumber)).map((one) => one.state);
  assert.ok(state?.kind === "waiting" && state.tries === 0);
});

test("a receiver that fails again and again is left alone until the next run, and everybody gets their turn", async (t) => {
  const world = await startWorld(t);
  await Promise.all(Array.from({ length: 7 }, () => world.add(20)));
  world.receiver.answer = 503;
  const notices = createNotices(world.context);
  const counts: number[] = [];
  for (let run = 0; run < 4; run++) {
    await notices.run();
    counts.push(world.receiver.received.length);
  }
  assert.deepEqual(counts, [3, 6, 7, 7]);
  assert.equal(new Set(ids(world.receiver)).size, 7);
});

test("it runs by itself: again when a try is due, and every hour for what has become due", async (t) => {
  const world = await startWorld(t);
  const first = await world.add(20);
  const second = await world.add(60.03);
  const pause = globalThis.setTimeout;
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  const timers = t.mock.method(globalThis, "setTimeout");
  /** It has done what there was to do, and rests so long. */
  const rests = async (millis: number) => {
    for (let waited = 0; timers.mock.calls.at(-1)?.arguments[1] !== millis; waited++) {
      assert.ok(waited < 1_000, `it does not rest for ${millis} ms`);
      await new Promise<void>((resolve) => pause(resolve, 10));
    }
  };
  world.receiver.answer = 503;
  const notices = createNotices(world.context, undefined, () => 0.5);
  notices.start();
  try {
    await rests(30_000);
    assert.equal(world.receiver.received.length, 1);
    world.receiver.answer = 204;
    t.mock.timers.tick(29_999);
    assert.equal(timers.mock.callCount(), 1);
    t.mock.timers.tick(1);
    await rests(3600_000);
    assert.deepEqual(ids(world.receiver), Array(2).fill(`expiring_${first.serialNumber}_30_webhook`));
    t.mock.timers.tick(3600_000);
    for (let waited = 0; timers.mock.callCount() < 3; waited++) {
      assert.ok(waited < 1_000, "it did not run after an hour");
      await new Promise<void>((resolve) => pause(resolve, 10));
    }
    assert.equal(ids(world.receiver)[2], `expiring_${second.serialNumber}_60_webhook`);
  } finally {
    timers.mock.restore();
    t.mock.timers.reset();
    await notices.close();
  }
});

test("an hour's look costs what has become due within the hour, and not what is in the window", async (t) => {
  const world = await startWorld(t);
  await Promise.all(Array.from({ length: 2_000 }, (_, at) => world.add(2 + (at / 2_000) * 57)));
  let now = Date.now();
  const { store } = world.context;
  const clock = { ...world.context.clock, now: () => new Date(now) };
  const look = createLook({ store, clock, log: () => {} }, world.context.settings.notices.daysBefore, ["webhook"]);
  const signal = new AbortController().signal;
  assert.equal(await look(signal), 2_000);
  for (let hour = 0; hour < 3; hour++) {
    now += 3600_000;
    const before = reads();
    const found = await look(signal);
    // Some 1.5 of the 2,000 reach each of 30, 14 and 7 days within an hour.
    assert.ok(found <= 10, `${found} were due`);
    assert.ok(reads() - before < 100, `${reads() - before} reads`);
  }
});

test("what was told of a certificate that ended a month ago is forgotten; of one that stands it is kept, and over restarts not told again", async (t) => {
  const world = await startWorld(t);
  const [ended, standing] = [await world.add(-31), await world.add(20)];
  const told = { daysBefore: 1, channel: "webhook", dueAt: new Date(), state: { kind: "delivered", at: new Date() } } as const;
  await world.context.store.insertNotices([{ ...told, serialNumber: ended.serialNumber }], () => entry("notice.due"));
  for (let starts = 0; starts < 3; starts++) await createNotices(world.context).run();
  assert.deepEqual(ids(world.receiver), [`expiring_${standing.serialNumber}_30_webhook`]);
  assert.deepEqual(await world.context.store.noticesOf(ended.serialNumber), []);
  assert.equal((await world.context.store.noticesOf(standing.serialNumber)).length, 1);
});
