import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { auditHash } from "../../clients/cli/audit-records.js";
import { AuditRecord as WireRecord } from "../../generated/latchkey/v1/operations_service.js";
import { chain, GENESIS_HASH, hashOf } from "../../services/ca/store/audit.js";
import type { AuditRecord } from "../../services/ca/store/store.js";
import type { EventName } from "../../services/log.js";
import { firstBreak } from "../support/audit.js";

interface Vector extends Omit<AuditRecord, "time"> {
  readonly time: string;
  readonly canonical: string;
}
const VECTORS = JSON.parse(readFileSync(new URL("../../../test/vectors/audit-log.json", import.meta.url), "utf8")) as Vector[];

const stored = ({ canonical: _, time, ...rest }: Vector): AuditRecord => ({ ...rest, time: new Date(time) });
const sent = ({ fields, sequence, time, event, actor, previousHash, hash }: Vector): WireRecord =>
  WireRecord.create({
    sequence: String(sequence),
    time: new Date(time),
    event,
    actor,
    fieldsJson: JSON.stringify(fields),
    previousHash,
    hash,
  });

for (const vector of VECTORS) {
  test(`record ${vector.sequence} of the vector has one hash: by SHA-256, to the CA and to \`latchkey audit verify\``, () => {
    assert.equal(createHash("sha256").update(vector.canonical).digest("hex"), vector.hash);
    assert.equal(hashOf(stored(vector)), vector.hash);
    assert.equal(auditHash(WireRecord.decode(WireRecord.encode(sent(vector)).finish())), vector.hash);
  });
}

test("the CA chains the vector's entries as the vector does", async () => {
  let last: Pick<AuditRecord, "sequence" | "hash"> = { sequence: 0, hash: GENESIS_HASH };
  for (const vector of VECTORS) {
    const { sequence: _, previousHash: __, hash: ___, ...entry } = stored(vector);
    const record = chain({ ...entry, event: entry.event as EventName }, last);
    assert.deepEqual(record, stored(vector));
    last = record;
  }
  assert.equal(await firstBreak(VECTORS.map(stored)), undefined);
});
