import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Connection, call, connect } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import { RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { ReportRefusalsRequest, WatchAuditLogRequest, type WatchAuditLogResponse } from "../../generated/latchkey/v1/operations_service.js";
import { ReportEnforcementRequest, WatchCrlRequest } from "../../generated/latchkey/v1/publication_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { createOperator } from "../support/operator.js";

let world: TestAuthority;
before(async () => {
  world = await startTestAuthority();
});
after(() => world.stop());

/** The log as it is now: what happened, and who did it. */
async function auditLog(): Promise<(readonly [event: string, actor: string])[]> {
  const stream = world.connection.operations.watchAuditLog(WatchAuditLogRequest.create());
  const events: (readonly [string, string])[] = [];
  for await (const { record } of stream as AsyncIterable<WatchAuditLogResponse>) {
    if (record !== undefined) events.push([record.event, record.actor]);
  }
  return events;
}

/** Subscribes as a hook does, and goes away. */
async function subscribe(connection: Connection): Promise<void> {
  const stream = connection.publication.watchCrl(WatchCrlRequest.create());
  for await (const _frame of stream as AsyncIterable<unknown>) break;
  stream.cancel();
}

test("the log begins with the making of the data folder and of the authorities", async () => {
  assert.deepEqual((await auditLog()).slice(0, 2), [
    ["data.created", "system"],
    ["authority.created", "system"],
  ]);
});

test("whom a revocation waits for is in the log: a hook's registration and its removal, once, and none of its reports", async () => {
  const door = connect(await createOperator(world, "door", "nginx", ["door.local"]));
  try {
    await subscribe(door);
    await subscribe(door);
    await call(door.publication, "reportEnforcement", ReportEnforcementRequest.create({ crlNumber: "1" }));
    const selector = { selected: { $case: "deviceName" as const, value: "door" } };
    await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
    assert.deepEqual(
      (await auditLog()).filter(([event]) => event.startsWith("subscriber.")),
      [
        ["subscriber.registered", "operator:door"],
        ["subscriber.removed", "operator:admin"],
      ],
    );
  } finally {
    door.close();
  }
});

test("an enrolment service's report of whom it refused is one record, and what it may write is bounded", async () => {
  const service = connect({ ...(await readCredential(world.ca.enrollmentFolder)), address: world.ca.grpc });
  const report = (refusals: { reason: string; remoteAddress: string; count: string }[]) =>
    call(service.operations, "reportRefusals", ReportRefusalsRequest.create({ refusals, startTime: new Date(1_700_000_000_000) }));
  const row = { reason: "NOT_ON_LAN", remoteAddress: "203.0.113.9", count: "7" };
  try {
    await report([row, { reason: "TOO_MANY_REQUESTS", remoteAddress: "", count: "1" }]);
    const stream = world.connection.operations.watchAuditLog(WatchAuditLogRequest.create());
    const fields: unknown[] = [];
    for await (const { record } of stream as AsyncIterable<WatchAuditLogResponse>)
      if (record?.event === "enrollment.refused") fields.push(JSON.parse(record.fieldsJson));
    const refusals = ["NOT_ON_LAN 203.0.113.9 7", "TOO_MANY_REQUESTS others 1"];
    assert.deepEqual(fields, [{ total: 8, since: "2023-11-14T22:13:20.000Z", refusals }]);

    const bad = [
      [],
      Array.from({ length: 33 }, () => row),
      [{ ...row, reason: "not a code" }],
      [{ ...row, reason: "A".repeat(41) }],
      [{ ...row, remoteAddress: "203.0.113.9 and a line" }],
      [{ ...row, remoteAddress: "a".repeat(64) }],
      [{ ...row, count: "0" }],
    ];
    for (const rows of bad) await assert.rejects(report(rows), { reason: "FIELD_INVALID" }, JSON.stringify(rows[0]));
    for (let reports = 1; reports < 30; reports++) await report([row]);
    await assert.rejects(report([row]), { reason: "TOO_MANY_REQUESTS" });
  } finally {
    service.close();
  }
});
