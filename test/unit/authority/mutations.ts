import assert from "node:assert/strict";
import fc from "fast-check";
import { LatchkeyError } from "../../../services/ca/authority/error.js";

/** A good input with some octets changed, cut, doubled or put in: what a broken or hostile sender sends. */
export function mutationsOf(good: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat(good.length - 1);
  const change = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), at, value: fc.nat(255) }),
    fc.record({ kind: fc.constant("cut" as const), at, value: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ kind: fc.constant("insert" as const), at, value: fc.nat(255) }),
    fc.record({ kind: fc.constant("end" as const), at, value: fc.constant(0) }),
  );
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    let octets = Buffer.from(good);
    for (const { kind, at, value } of changes) {
      if (kind === "set" && at < octets.length) octets[at] = value;
      if (kind === "cut") octets = Buffer.concat([octets.subarray(0, at), octets.subarray(at + value)]);
      if (kind === "insert") octets = Buffer.concat([octets.subarray(0, at), Buffer.of(value), octets.subarray(at)]);
      if (kind === "end") octets = octets.subarray(0, at);
    }
    return new Uint8Array(octets);
  });
}

/** A reader may accept or refuse; it must not fail in any other way. */
export async function assertReadsOrRefuses(read: () => unknown): Promise<void> {
  try {
    await read();
  } catch (error) {
    assert.ok(error instanceof LatchkeyError, `not a refusal but ${error}`);
    assert.notEqual(error.code, "INTERNAL");
    assert.match(error.message, /[.!]$/, "a refusal is a sentence");
  }
}
