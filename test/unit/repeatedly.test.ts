import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { repeatedly } from "../../services/repeatedly.js";
import { until } from "../support/nginx.js";

test("work that takes longer than until its next time never runs twice at once, and who stops it waits for its end", async () => {
  let begun = 0;
  let ended = 0;
  let end = () => {};
  const stop = repeatedly(
    1,
    async () => {
      begun += 1;
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      ended += 1;
    },
    (error) => assert.fail(String(error)),
  );
  await until(async () => begun === 1, "it does not begin");
  await sleep(30);
  assert.equal(begun, 1);
  end();
  await until(async () => begun === 2, "it does not begin again");
  setTimeout(end, 20);
  await stop();
  assert.deepEqual([begun, ended], [2, 2]);
  await sleep(20);
  assert.equal(begun, 2);
});

test("what goes wrong is told, and the next time tries again", async () => {
  const told: unknown[] = [];
  const stop = repeatedly(
    1,
    () => Promise.reject(new Error("away")),
    (error) => told.push(String(error)),
  );
  await until(async () => told.length > 1, "it is not tried again");
  await stop();
  assert.equal(told[0], "Error: away");
});
