import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { withTimeLimit } from "../../../services/ca/notices/time-limit.js";

// Collected as early as can be: a limit that nobody holds would never fire.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const never = () => new Promise<never>(() => {});
const patient = () => new AbortController().signal;

test("work that never ends is given up when its time is over, whether it listens or not, and is told", async () => {
  let told = false;
  const work = (limit: AbortSignal) => {
    limit.addEventListener("abort", () => {
      told = true;
    });
    return never();
  };
  // The timer alone keeps no process.
  const alive = setInterval(() => collect(), 5);
  await assert.rejects(withTimeLimit(100, patient(), work), { code: "ABORT_ERR" });
  clearInterval(alive);
  assert.ok(told);
});

test("the signal ends it sooner, also one that has fired already", async () => {
  const stop = new AbortController();
  const stopped = withTimeLimit(60_000, stop.signal, never);
  stop.abort();
  await assert.rejects(stopped, { code: "ABORT_ERR" });
  await assert.rejects(withTimeLimit(60_000, stop.signal, never), { code: "ABORT_ERR" });
});

test("what the work brings or throws in time counts, and leaves no timer", async () => {
  assert.equal(await withTimeLimit(60_000, patient(), async () => 7), 7);
  await assert.rejects(
    withTimeLimit(60_000, patient(), async () => {
      throw new TypeError("a mistake");
    }),
    TypeError,
  );
});
