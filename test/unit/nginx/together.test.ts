import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../../../clients/nginx/backoff.js";
import { type Task, together } from "../../../clients/nginx/together.js";

const FOR_EVER_MILLIS = 60_000;

/** Runs until it is told to end, and then takes a moment to finish. */
function untilEnded(finished: string[], name: string): Task {
  return async (ended) => {
    await pause(FOR_EVER_MILLIS, ended);
    // By the signal, not because its own time was over.
    assert.ok(ended.aborted);
    await pause(10);
    finished.push(name);
  };
}

test("when one task fails, the others are told to end and are waited for, and the error is thrown", async () => {
  const finished: string[] = [];
  const failing: Task = async () => {
    await pause(1);
    throw new TypeError("a mistake");
  };
  await assert.rejects(
    together(new AbortController().signal, [untilEnded(finished, "a"), failing, untilEnded(finished, "b")]),
    new TypeError("a mistake"),
  );
  assert.deepEqual(finished, ["a", "b"]);
});

test("when one task ends by itself, the others are told to end", async () => {
  const finished: string[] = [];
  await together(new AbortController().signal, [untilEnded(finished, "a"), async () => await pause(1)]);
  assert.deepEqual(finished, ["a"]);
});

test("a task that throws at once leaves none running", async () => {
  const finished: string[] = [];
  const failing: Task = () => {
    throw new RangeError("at once");
  };
  await assert.rejects(together(new AbortController().signal, [failing, untilEnded(finished, "a")]), RangeError);
  assert.deepEqual(finished, ["a"]);
});

test("the signal ends all of them, before they begin as well", async () => {
  const finished: string[] = [];
  const stop = new AbortController();
  const all = together(stop.signal, [untilEnded(finished, "a"), untilEnded(finished, "b")]);
  stop.abort();
  await all;
  await together(stop.signal, [untilEnded(finished, "c")]);
  assert.deepEqual(finished, ["a", "b", "c"]);
});

test("of two errors the first task's is thrown", async () => {
  const mistake: Task = async (ended) => {
    await pause(FOR_EVER_MILLIS, ended);
    throw new TypeError("a mistake");
  };
  const lost: Task = async () => {
    throw new Error("the connection is lost");
  };
  await assert.rejects(together(new AbortController().signal, [mistake, lost]), TypeError);
});
