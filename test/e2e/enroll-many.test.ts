import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import { enrollAtOnce, inviteMany } from "../support/phones.js";
import { startServe } from "../support/serve.js";

for (const makesKey of [true, false]) {
  const how = makesKey ? "each with a key of its own" : "each with a key that the service makes and packs";
  test(`a hundred phones enrol at once, ${how}, and none is refused`, async (t) => {
    const house = await startServe();
    t.after(() => house.remove());
    const connection = connect({ ...(await readCredential(join(house.data, "operator"))), address: house.run.grpc });
    t.after(() => connection.close());
    const root = (await house.latchkey("ca", "servers")).stdout;
    const requests = await inviteMany(connection, 100, (at) => `phone ${at}`, makesKey);
    const phones = await enrollAtOnce({ port: Number(house.run.enroll.split(":").at(-1)), root }, requests);
    const refused = phones
      .filter(({ status }) => status !== 201)
      .map(({ status, bundle }) => `${status} ${bundle.toString("utf8", 0, 200)}`);
    assert.deepEqual(refused, []);
    assert.equal(new Set(phones.map(({ serialNumber }) => serialNumber)).size, 100);
    for (const { bundle } of phones) {
      if (makesKey) assert.match(bundle.toString(), /^-----BEGIN CERTIFICATE-----/);
      // PKCS#12 is a SEQUENCE.
      else assert.ok(bundle[0] === 0x30 && bundle.length > 1_000);
    }
    t.diagnostic(`the slowest of a hundred: ${Math.round(Math.max(...phones.map(({ millis }) => millis)))} ms`);
    const { stdout } = await house.latchkey("list", "--authority", "devices", "--status", "valid", "--all", "--json");
    assert.equal((JSON.parse(stdout) as { certificates: unknown[] }).certificates.length, 100);
    // Nothing that opens anything lies in the log.
    for (const { token } of requests) assert.ok(!house.output().includes(token));
  });
}
