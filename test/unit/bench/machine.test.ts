import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { busyCores } from "../../bench/machine.js";

test("who works now is counted, and at once: not the minute before", async () => {
  const worker = new Worker("for (;;);", { eval: true });
  try {
    await new Promise((resolve) => worker.once("online", resolve));
    // The other tests take cores as well; this worker alone takes most of one, or shares what there is.
    assert.ok((await busyCores(500)) > 0.5);
  } finally {
    await worker.terminate();
  }
});
