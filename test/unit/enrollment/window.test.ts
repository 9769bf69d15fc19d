import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { type Awaited, createWindow, type WindowOptions } from "../../../services/enrollment/window.js";

const TOKEN = "AAAAAAAAAAAAAAAAAAAAAA";
/** Written down from the description in proto/latchkey/v1/invitation_service.proto. */
const awaitedOf = (token: string, remainingMillis = 60_000): Awaited => ({
  tokenHash: createHash("sha256").update(`latchkey invitation token\0${token}`).digest("hex"),
  remainingMillis,
  ended: false,
});

/** A window before a CA that says what `answer` holds, and counts how often it is asked. */
function arrange(options: Partial<WindowOptions> = {}) {
  const ca = { answer: [] as readonly Awaited[], asked: 0, isAway: false };
  const window = createWindow({
    open: "invitations",
    ask: async () => {
      ca.asked += 1;
      const { answer } = ca;
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (ca.isAway) throw new Error("the CA is away");
      return answer;
    },
    isHolding: () => false,
    ...options,
  });
  const isOpen = () =>
    window.refuseWhenClosed().then(
      () => true,
      (error: { reason?: string; message: string }) => error.reason ?? error.message,
    );
  return { ca, window, isOpen };
}

test("closed while nobody is awaited; open for the first who comes after an invitation was made", async () => {
  const { ca, isOpen } = arrange();
  assert.equal(await isOpen(), "ENROLLMENT_CLOSED");
  ca.answer = [awaitedOf(TOKEN)];
  assert.equal(await isOpen(), true);
});

test("who holds the token of an invitation that has ended comes through a closed door, and nobody else", async () => {
  const { ca, window, isOpen } = arrange();
  ca.answer = [{ ...awaitedOf(TOKEN, 0), ended: true }];
  await window.refuseWhenClosed(TOKEN);
  assert.equal(await isOpen(), "ENROLLMENT_CLOSED");
  await assert.rejects(window.refuseWhenClosed("BBBBBBBBBBBBBBBBBBBBBB"), { reason: "ENROLLMENT_CLOSED" });
});

test("who comes while a question is under way, which may be too old, waits for the next", async () => {
  const { ca, isOpen } = arrange();
  const early = isOpen();
  await new Promise((resolve) => setTimeout(resolve, 2));
  ca.answer = [awaitedOf(TOKEN)];
  assert.equal(await isOpen(), true);
  assert.equal(await early, "ENROLLMENT_CLOSED");
});

test("a crowd before a closed door shares its questions", async () => {
  const { ca, isOpen } = arrange();
  const answers = await Promise.all(Array.from({ length: 5_000 }, isOpen));
  assert.ok(answers.every((answer) => answer === "ENROLLMENT_CLOSED"));
  assert.ok(ca.asked <= 2, `${ca.asked} questions`);
});

test("open, it asks once a second, and closes when the last invitation is over", async () => {
  let now = 0;
  const { ca, isOpen } = arrange({ now: () => now });
  ca.answer = [awaitedOf(TOKEN, 10_000)];
  for (now = 100; now < 5_000; now += 100) assert.equal(await isOpen(), true);
  assert.ok(ca.asked <= 6, `${ca.asked} questions`);
  ca.answer = [];
  now += 1_000;
  assert.equal(await isOpen(), "ENROLLMENT_CLOSED");
});

test("a bundle that waits keeps it open; without the CA it is closed, and says why", async () => {
  let isHolding = true;
  const { ca, isOpen } = arrange({ isHolding: () => isHolding });
  assert.equal(await isOpen(), true);
  isHolding = false;
  ca.isAway = true;
  assert.equal(await isOpen(), "the CA is away");
  ca.isAway = false;
  assert.equal(await isOpen(), "ENROLLMENT_CLOSED");
});

test("always is open and never is closed, and neither asks", async () => {
  const always = arrange({ open: "always" });
  assert.equal(await always.isOpen(), true);
  const never = arrange({ open: "never", isHolding: () => true });
  never.ca.answer = [awaitedOf(TOKEN)];
  assert.equal(await never.isOpen(), "ENROLLMENT_CLOSED");
  assert.deepEqual([always.ca.asked, never.ca.asked], [0, 0]);
});

test("a token is awaited while its invitation is, and another is not", async () => {
  const { ca, window } = arrange();
  ca.answer = [awaitedOf(TOKEN, 200)];
  assert.equal(await window.isAwaited(TOKEN), true);
  assert.equal(await window.isAwaited(TOKEN.replace("A", "B")), false);
  assert.equal(await window.isAwaited(""), false);
  await new Promise((resolve) => setTimeout(resolve, 220));
  assert.equal(await window.isAwaited(TOKEN), true, "asked anew, the CA says so");
  ca.isAway = true;
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.equal(await window.isAwaited(TOKEN), false);
});
