import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { iteratedHash } from "../../../services/enrollment/bundle/iterated-hash.js";

for (const name of ["sha1", "sha256"] as const) {
  test(`${name}: a hash of a hash is what OpenSSL's is, once and many times, in one go and in slices`, () => {
    const octets = name === "sha1" ? 20 : 32;
    const edges = [new Uint8Array(octets), new Uint8Array(octets).fill(0xff), new Uint8Array(octets).fill(0x80)];
    for (const first of [...edges, ...Array.from({ length: 200 }, () => randomBytes(octets))]) {
      let expected: Uint8Array = first;
      const state = iteratedHash(name, first);
      assert.deepEqual(Buffer.from(state.octets()), Buffer.from(first));
      for (const times of [1, 2, 17]) {
        for (let done = 0; done < times; done++) expected = createHash(name).update(expected).digest();
        state.run(times);
        assert.equal(Buffer.from(state.octets()).toString("hex"), Buffer.from(expected).toString("hex"));
      }
    }
  });

  test(`${name}: nothing but a hash of its length is taken`, () => {
    for (const octets of [0, 19, 21, 64]) assert.throws(() => iteratedHash(name, new Uint8Array(octets)), RangeError);
  });
}
