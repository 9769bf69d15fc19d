import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { clockOff } from "../support/clock.js";
import { startServe } from "../support/serve.js";
import { startWebhookReceiver } from "../support/webhook-receiver.js";

test("killed between sending a notice and recording that, the CA sends it again under the same id, and then never more", async () => {
  const receiver = await startWebhookReceiver();
  const serve = await startServe();
  const arrived = async (count: number) => {
    for (let waited = 0; receiver.received.length < count; waited++) {
      assert.ok(waited < 600, `${receiver.received.length} notices have arrived:\n${serve.output()}`);
      await sleep(50);
    }
  };
  try {
    await serve.end("SIGTERM");
    const settings = { profiles: { device: { days: 100 } }, notices: { webhook: { url: receiver.origin, secretFile: "notices.secret" } } };
    await writeFile(join(serve.data, "latchkey.yaml"), JSON.stringify(settings));
    await writeFile(join(serve.data, "notices.secret"), `whsec_${Buffer.alloc(32, 7).toString("base64")}`);
    await serve.start();
    assert.equal((await serve.latchkey("issue", "Phone", "--bundle", "phone.p12", "--json")).code, 0);
    await serve.end("SIGTERM");
    assert.equal(receiver.received.length, 0);

    let killed = 0;
    let started = Promise.resolve();
    receiver.answer = undefined;
    receiver.onRequest = async () => {
      await started;
      await serve.end("SIGKILL");
      killed++;
    };
    for (const life of [1, 2, 3]) {
      started = serve.start(clockOff("+45d"));
      await started;
      await arrived(life);
      while (killed < life) await sleep(20);
    }
    receiver.answer = 204;
    receiver.onRequest = () => {};
    await serve.start(clockOff("+45d"));
    await arrived(4);
    await serve.told(/notice\.delivered/);
    await serve.end("SIGTERM");
    for (let restart = 0; restart < 3; restart++) {
      await serve.start(clockOff("+45d"));
      await sleep(500);
      await serve.end("SIGTERM");
    }
    const ids = receiver.received.map(({ headers, body }) => `${headers["webhook-id"]} ${body}`);
    assert.deepEqual([ids.length, new Set(ids).size], [4, 1], ids.join("\n"));
  } finally {
    await serve.end("SIGTERM");
    await serve.remove();
    await receiver.down();
  }
});
