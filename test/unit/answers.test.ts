import assert from "node:assert/strict";
import { test } from "node:test";
import type { SerialNumber } from "../../services/ca/authority/types.js";
import { createAnswers } from "../../services/ca/grpc/answers.js";

const caller = (serialNumber: string) => ({
  name: "admin",
  role: "admin" as const,
  serialNumber: serialNumber as SerialNumber,
  mayServe: undefined,
});
const ask = { requestId: "r-1", deviceName: "Phone" };

function counting() {
  let done = 0;
  return async () => ++done;
}

test("an answer belongs to its caller, method and content, and to nobody else", async () => {
  const answers = createAnswers();
  const work = counting();
  assert.equal(await answers.once(caller("01"), "/a", ask, work), 1);
  assert.equal(await answers.once(caller("01"), "/a", { ...ask }, work), 1);
  assert.equal(await answers.once(caller("02"), "/a", ask, work), 2);
  assert.equal(await answers.once(caller("01"), "/b", ask, work), 3);
  assert.equal(await answers.once(caller("01"), "/a", { ...ask, deviceName: "Tablet" }, work), 4);
});

test("an answer is forgotten after a minute, and the oldest when there are too many", async () => {
  let clock = 0;
  const answers = createAnswers(() => clock);
  const work = counting();
  await answers.once(caller("01"), "/a", ask, work);
  clock = 59_999;
  assert.equal(await answers.once(caller("01"), "/a", ask, work), 1);
  clock = 60_000;
  assert.equal(await answers.once(caller("01"), "/a", ask, work), 2);
  for (let other = 0; other < 4_096; other++) await answers.once(caller("01"), "/a", { requestId: `other-${other}` }, work);
  assert.equal(await answers.once(caller("01"), "/a", ask, work), 4_099);
});

test("without a request_id nothing is remembered", async () => {
  const answers = createAnswers();
  const work = counting();
  await answers.once(caller("01"), "/a", { requestId: "" }, work);
  assert.equal(await answers.once(caller("01"), "/a", {}, work), 2);
});
