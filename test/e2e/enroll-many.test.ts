import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import { enrollAtOnce, inviteMany } from "../support/phones.js";
import { startServe } from "../support/serve.js";

test("a hundred phones enrol at once, and each gets a bundle of its own", async (t) => {
  const house = await startServe();
  t.after(() => house.remove());
  const connection = connect({ ...(await readCredential(join(house.data, "operator"))), address: house.run.grpc });
  t.after(() => connection.close());
  const root = (await house.latchkey("ca", "servers")).stdout;
  const tokens = await inviteMany(connection, 100, (at) => `phone ${at}`);
  const place = { port: Number(house.run.enroll.split(":").at(-1)), root };
  const phones = await enrollAtOnce(place, tokens);
  const refused = phones.filter(({ status }) => status !== 201);
  assert.deepEqual(
    refused.map(({ status, bundle }) => `${status} ${bundle.toString("utf8", 0, 200)}`),
    [],
  );
  assert.equal(new Set(phones.map(({ serialNumber }) => serialNumber)).size, 100);
  // PKCS#12 is a SEQUENCE.
  assert.ok(phones.every(({ bundle }) => bundle[0] === 0x30 && bundle.length > 1_000));
  t.diagnostic(`the slowest of a hundred: ${Math.round(Math.max(...phones.map(({ millis }) => millis)))} ms`);
  const { stdout } = await house.latchkey("list", "--authority", "devices", "--status", "valid", "--all", "--json");
  assert.equal((JSON.parse(stdout) as { certificates: unknown[] }).certificates.length, 100);
  // Nothing that opens anything lies in the log.
  const log = house.output();
  for (const token of tokens) assert.ok(!log.includes(token));
  assert.ok((await readFile(join(house.data, "run.json"), "utf8")).includes("enroll"));
});
