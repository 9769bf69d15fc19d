import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Connection, call, connect } from "../../clients/connect/connect.js";
import { RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { WatchAuditLogRequest, type WatchAuditLogResponse } from "../../generated/latchkey/v1/operations_service.js";
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
