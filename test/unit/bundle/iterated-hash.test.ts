import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { iterateHash } from "../../../services/enrollment/bundle/iterated-hash.js";
import { Sha1Lanes } from "../../../services/enrollment/bundle/sha1-lanes.js";

type Iterate = (octets: Uint8Array, times: number, giveWay: () => Promise<void>) => Promise<Uint8Array>;

const WAYS: Readonly<Record<string, { readonly name: "sha1" | "sha256"; readonly iterate: Iterate }>> = {
  "sha1, one by one": { name: "sha1", iterate: (...asked) => iterateHash("sha1", ...asked) },
  "sha256, one by one": { name: "sha256", iterate: (...asked) => iterateHash("sha256", ...asked) },
  "sha1, side by side": { name: "sha1", iterate: async (octets, times, giveWay) => await lanesWith(giveWay).run(octets, times) },
};
const giveWay = async () => void (await setImmediate());

/** Node has them on every machine that tests run on. */
function lanesWith(giveWay: () => Promise<void>): Sha1Lanes {
  const lanes = Sha1Lanes.create(giveWay);
  assert.ok(lanes !== undefined);
  return lanes;
}

function expected(name: string, first: Uint8Array, times: number): string {
  let octets: Uint8Array = first;
  for (let done = 0; done < times; done++) octets = createHash(name).update(octets).digest();
  return Buffer.from(octets).toString("hex");
}

const lengthOf = (name: string) => (name === "sha1" ? 20 : 32);

/** At the edges, and anywhere. */
function hashes(name: string): Uint8Array[] {
  const octets = lengthOf(name);
  const edges = [new Uint8Array(octets), new Uint8Array(octets).fill(0xff), new Uint8Array(octets).fill(0x80)];
  return [...edges, ...Array.from({ length: 100 }, () => randomBytes(octets))];
}

for (const [way, { name, iterate }] of Object.entries(WAYS)) {
  test(`${way}: a hash of a hash is what OpenSSL's is, never, once and many times`, async () => {
    for (const first of hashes(name)) {
      const before = Buffer.from(first);
      for (const times of [0, 1, 2, 17])
        assert.equal(Buffer.from(await iterate(first, times, giveWay)).toString("hex"), expected(name, first, times));
      assert.ok(before.equals(first), "what was given is left as it was");
    }
  });

  test(`${way}: the same in slices, between which other work has its turn`, async () => {
    const first = randomBytes(lengthOf(name));
    let given = 0;
    const counted = async () => {
      given += 1;
      await giveWay();
    };
    const octets = await iterate(first, 20_001, counted);
    assert.equal(Buffer.from(octets).toString("hex"), expected(name, first, 20_001));
    assert.ok(given >= 4, `${given} times`);
  });

  test(`${way}: nothing but a hash of its length is taken`, async () => {
    for (const octets of [0, 19, 21, 31, 33, 64]) await assert.rejects(iterate(new Uint8Array(octets), 1, giveWay), RangeError);
  });
}

test("side by side: whoever comes, whenever, and for however many, gets what is theirs", async () => {
  const lanes = lanesWith(giveWay);
  const asked = Array.from({ length: 23 }, (_, at) => ({
    first: randomBytes(20),
    times: [0, 1, 4_999, 5_000, 5_001, 12_000][at % 6] ?? 0,
  }));
  const answers = await Promise.all(
    asked.map(async ({ first, times }, at) => {
      for (let waited = 0; waited < at % 5; waited++) await giveWay();
      return Buffer.from(await lanes.run(first, times)).toString("hex");
    }),
  );
  assert.deepEqual(
    answers,
    asked.map(({ first, times }) => expected("sha1", first, times)),
  );
  // And again, once it has been idle.
  const { first } = asked[0] ?? { first: Buffer.alloc(20) };
  assert.equal(Buffer.from(await lanes.run(first, 3)).toString("hex"), expected("sha1", first, 3));
});
