import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startServe } from "../support/serve.js";
import { startWebhookReceiver } from "../support/webhook-receiver.js";

test("`latchkey notice test` says what each channel answered, and shows no more of a webhook than its host", async () => {
  const receiver = await startWebhookReceiver();
  const serve = await startServe();
  try {
    const nobody = await serve.latchkey("notice", "test");
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /^latchkey: The settings name nobody to notify: set notices\.webhook or notices\.email/);

    await serve.end("SIGTERM");
    const url = `${receiver.origin}/api/webhook/secret-path`;
    await writeFile(join(serve.data, "latchkey.yaml"), `notices:\n  webhook:\n    url: ${url}\n    secretFile: notices.secret\n`);
    await serve.start();
    const { host } = new URL(receiver.origin);
    const missing = await serve.latchkey("notice", "test");
    assert.equal(missing.code, 1);
    assert.match(
      missing.stdout,
      new RegExp(`^webhook {2}${host} {2}not delivered: The webhook's secret is not there: .*/notices\\.secret\n$`),
    );
    assert.equal(missing.stderr, "latchkey: The test did not get through by webhook.\n");
    await serve.told(/service\.started/);
    assert.match(
      (await serve.latchkey("status")).stdout,
      /NOTICES_UNUSABLE {2}Notices by webhook to .* can't be sent: The webhook's secret is not there/,
    );

    await writeFile(join(serve.data, "notices.secret"), `whsec_${Buffer.alloc(32, 7).toString("base64")}\n`, { mode: 0o600 });
    const passed = await serve.latchkey("notice", "test");
    assert.deepEqual([passed.code, passed.stdout, passed.stderr], [0, `webhook  ${host}  delivered: HTTP 204\n`, ""]);
    const [test] = receiver.received;
    assert.deepEqual([JSON.parse(test?.body ?? "{}").type, test?.path], ["notice.test", "/api/webhook/secret-path"]);
    receiver.answer = 302;
    receiver.headers = { location: `${receiver.origin}/elsewhere` };
    const asked = receiver.received.length;
    const redirected = JSON.parse((await serve.latchkey("notice", "test", "--json")).stdout);
    const answer = "it answered HTTP 302, which leads elsewhere: name that address in the settings";
    assert.deepEqual(redirected, { outcomes: [{ channel: "webhook", receiver: host, delivered: false, answer }] });
    assert.equal(receiver.received.length, asked + 1, "no redirect is followed");

    const config = await serve.latchkey("config");
    assert.match(config.stdout, new RegExp(`notices\\.webhook\\.url +${receiver.origin}/… `));
    const everything = [config, await serve.latchkey("config", "--json"), await serve.latchkey("status"), await serve.latchkey("audit")];
    for (const { stdout, stderr } of everything) assert.doesNotMatch(stdout + stderr, /secret-path/);
    assert.doesNotMatch(serve.output(), /secret-path/);
  } finally {
    await serve.end("SIGTERM");
    await serve.remove();
    await receiver.down();
  }
});
