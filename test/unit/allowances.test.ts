import assert from "node:assert/strict";
import { test } from "node:test";
import type { OperatorRole, SerialNumber } from "../../services/ca/authority/types.js";
import { createAllowances } from "../../services/ca/workflows/allowances.js";

const caller = (name: string, role: OperatorRole) => ({ name, role, serialNumber: "01" as SerialNumber, mayServe: undefined });

test("an operator that is no administrator gets thirty certificates at once, and two minutes later the next", () => {
  let clock = 0;
  const allowances = createAllowances(() => clock);
  const hook = caller("hook", "nginx");
  for (let taken = 0; taken < 30; taken++) allowances.take("certificates", hook);
  assert.throws(() => allowances.take("certificates", hook), { code: "TOO_MANY_REQUESTS", message: /latchkey revoke "hook"/ });
  allowances.take("certificates", caller("another", "nginx"));
  clock = 120_000;
  allowances.take("certificates", hook);
  assert.throws(() => allowances.take("certificates", hook), { code: "TOO_MANY_REQUESTS" });
});

test("an administrator is not counted", () => {
  const allowances = createAllowances(() => 0);
  for (let taken = 0; taken < 100; taken++) allowances.take("certificates", caller("admin", "admin"));
});
