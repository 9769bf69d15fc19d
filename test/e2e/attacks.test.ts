import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type AttackedHouse, startAttackedHouse } from "../support/attacked.js";
import { issueDevice } from "../support/operator.js";
import { askHouse, enrollPhone, invite } from "../support/phone.js";
import { sendRaw } from "../support/raw.js";
import { JSON_TYPE, renewalOf } from "../support/renewal.js";
import type { TestServe } from "../support/serve.js";

/** Who guesses, and what is on record of all who are refused. What can be done with connections, with requests and from other sites is beside this. */
let house: AttackedHouse;
let serve: TestServe;
before(async () => {
  house = await startAttackedHouse();
  ({ serve } = house);
});
after(() => house.stop());

test("who tries tokens is made to wait, and locks out neither another phone nor one that is invited at the same address", {
  timeout: 120_000,
}, async (t) => {
  const token = await invite(serve, "At another address");
  const neighbour = await invite(serve, "Behind the same address");
  const guessers = "127.0.8.8";
  const statuses = new Map<number, number>();
  let isOver = false;
  const guess = async () => {
    while (!isOver) {
      const wrong = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
      const { status } = await askHouse(serve, `/i/${wrong}`, { from: guessers });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const guessing = Promise.all(Array.from({ length: 16 }, guess));
  try {
    // Who shows no invitation waits.
    while ((statuses.get(429) ?? 0) < 100) await delay(50);
    const elsewhere = await enrollPhone(serve, token);
    const beside = await enrollPhone(serve, neighbour, guessers);
    t.diagnostic(`meanwhile a phone enrolled in ${elsewhere.toFixed(0)} ms, one at the guesser's own address in ${beside.toFixed(0)} ms`);
  } finally {
    isOver = true;
    await guessing;
  }
  t.diagnostic(`guesses: ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(", ")}`);
  assert.deepEqual([...statuses.keys()].toSorted(), [404, 429]);
  const { stdout } = await serve.latchkey("audit");
  for (const secret of [token, neighbour]) assert.ok(!stdout.includes(secret) && !serve.output().includes(secret));
  await house.standsAfter(t, house.ports[0], "After the guessers");
});

test("who guesses signatures at the devices' port gets nothing, and keeps no other device from being renewed, not even at the same address", {
  timeout: 120_000,
}, async (t) => {
  const [, devices] = house.ports;
  const guessers = "127.0.8.9";
  const victim = await devices.await("Whose signature is guessed");
  const elsewhere = await devices.await("At another address");
  const beside = await devices.await("Behind the same address");
  const statuses = new Map<string, number>();
  let isOver = false;
  const guess = async (at: number) => {
    // Half of them are the device itself, taken over by who has not got the key's right to sign; half show no certificate.
    const own = at % 2 === 0 && victim.identity !== undefined ? { identity: victim.identity } : {};
    while (!isOver) {
      const body = JSON.stringify({
        ...victim.wish,
        signature: Buffer.from(crypto.getRandomValues(new Uint8Array(64))).toString("base64"),
      });
      const { status, text } = await devices.ask(victim.path, { ...own, from: guessers, method: "POST", headers: JSON_TYPE, body });
      const told = `${status} ${/"code":"(\w+)"/.exec(text)?.[1]}`;
      statuses.set(told, (statuses.get(told) ?? 0) + 1);
    }
  };
  const guessing = Promise.all(Array.from({ length: 16 }, (_, at) => guess(at)));
  try {
    while ((statuses.get("429 TOO_MANY_REQUESTS") ?? 0) < 100) await delay(50);
    const [there, here] = [await elsewhere.come(), await beside.come(guessers)];
    t.diagnostic(`meanwhile a device was renewed in ${there.toFixed(0)} ms, one at the guesser's own address in ${here.toFixed(0)} ms`);
  } finally {
    isOver = true;
    await guessing;
  }
  t.diagnostic(`guesses: ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(", ")}`);
  assert.deepEqual([...statuses.keys()].toSorted(), ["403 CERTIFICATE_REQUIRED", "403 PROOF_WRONG", "429 TOO_MANY_REQUESTS"]);
  assert.equal(await victim.isServed(), false);
  await house.standsAfter(t, devices, "After the guessed signatures");
});

test("a device that renews in a loop gets five certificates, and keeps no other from being renewed", { timeout: 120_000 }, async (t) => {
  const [, devices] = house.ports;
  const thief = await issueDevice(house.connection, "In a loop");
  const other = await devices.await("Beside the loop");
  const statuses = new Map<number, number>();
  let isOver = false;
  const loop = async () => {
    while (!isOver) {
      const body = (await renewalOf(thief)).json;
      const asking = { identity: thief, from: "127.0.8.7", method: "POST", headers: JSON_TYPE, body };
      const { status } = await devices.ask("/api/v1/renewals", asking);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const looping = Promise.all(Array.from({ length: 16 }, loop));
  try {
    while ((statuses.get(429) ?? 0) < 200) await delay(50);
    const millis = await other.come("127.0.8.7");
    t.diagnostic(`meanwhile another device was renewed in ${millis.toFixed(0)} ms`);
  } finally {
    isOver = true;
    await looping;
  }
  t.diagnostic(`renewals: ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(", ")}`);
  assert.deepEqual([...statuses.keys()].toSorted(), [201, 429]);
  assert.equal(statuses.get(201), 5);
  const { stdout } = await serve.latchkey("audit");
  const records = stdout.split("\n").filter((line) => /In a loop|127\.0\.8\.7/.test(line));
  assert.ok(records.length < 20, `${records.length} records`);
  await house.standsAfter(t, devices, "After the loop");
});

test("each kind of refusal stands in the audit log, as a count, and there are few records of however many", {
  timeout: 180_000,
}, async () => {
  const token = await invite(serve, "Audited");
  const from = "127.0.7.7";
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  await askHouse(serve, "/healthz", { from, headers: { Host: "evil.example" } });
  await askHouse(serve, `/i/${"A".repeat(22)}`, { from });
  await askHouse(serve, `/i/${token}`, { from, method: "POST", headers: form, body: "formToken=guessed" });
  await askHouse(serve, "/nothing", { from });
  const { port } = house.ports[0];
  await sendRaw({ port, from }, "no request\r\n\r\n");
  await sendRaw({ port, from }, `GET /healthz HTTP/1.1\r\nHost: localhost:${port}\r\nX: ${"y".repeat(20_000)}\r\n\r\n`);
  while ((await askHouse(serve, "/openapi.json", { from })).status !== 429);
  // What is counted and not reported yet is reported at the service's end.
  await serve.end("SIGTERM");
  await serve.start();
  const { stdout } = await serve.latchkey("audit");
  const refused = stdout.split("\n").filter((line) => line.includes("enrollment.refused"));
  const reasons = ["NOT_ON_LAN", "INVITATION_NOT_FOUND", "ORIGIN_NOT_ALLOWED", "FIELD_INVALID", "MESSAGE_TOO_LARGE", "TOO_MANY_REQUESTS"];
  for (const reason of reasons) {
    assert.ok(
      refused.some((line) => line.includes(`${reason} `)),
      `${reason} is not among\n${refused.join("\n")}`,
    );
  }
  assert.ok(!stdout.includes(token));
  assert.ok(refused.length < 20, `${refused.length} records`);
});
