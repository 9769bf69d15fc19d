import assert from "node:assert/strict";
import { test } from "node:test";
import { CallError, type Reason } from "../../../clients/connect/error.js";
import { Refusal, toProblem } from "../../../services/enrollment/problem.js";

const answered = (reason: Reason) => toProblem(new CallError(reason, "What the CA says of /var/lib/latchkey."));

test("what the CA or this service could not do is no mistake of the phone's, and tells a stranger of no file", () => {
  const reasons: Reason[] = [
    ...([
      "STORE_CORRUPT",
      "CRL_NOT_SIGNED",
      "DATA_IN_USE",
      "SERIAL_NUMBER_EXISTS",
      "INTERNAL",
      "UNAVAILABLE",
      "DEADLINE_EXCEEDED",
    ] as const),
    ...(["UNAUTHENTICATED", "OPERATOR_REVOKED", "ROLE_NOT_ALLOWED", "PROFILE_UNKNOWN", "FILTER_INVALID", "LAST_ADMIN"] as const),
  ];
  for (const reason of reasons) {
    const { status, code, title, detail } = answered(reason);
    assert.ok(status >= 500, `${reason}: ${status}`);
    assert.equal(code, reason);
    assert.doesNotMatch(detail, /latchkey\./);
    assert.ok(detail.length > title.length + 20, `${reason} says what to do: ${detail}`);
  }
  assert.equal(toProblem(new Error("secret")).status, 500);
  assert.doesNotMatch(toProblem(new Error("secret")).detail, /secret/);
});

test("what the CA says of its clock, its disk and its end is told on, as the service's own failure", () => {
  for (const reason of ["CLOCK_BEHIND", "STORE_FULL", "AUTHORITY_EXPIRED"] as const) {
    assert.equal(answered(reason).status, 503);
    assert.equal(answered(reason).detail, "What the CA says of /var/lib/latchkey.");
  }
});

test("a request that is wrong is told why", () => {
  for (const reason of ["CSR_MALFORMED", "KEY_WEAK", "KEY_COMPROMISED", "SUBJECT_NOT_ALLOWED", "FIELD_INVALID"] as const)
    assert.deepEqual([answered(reason).status, answered(reason).detail], [400, "What the CA says of /var/lib/latchkey."]);
  assert.equal(answered("INVITATION_REDEEMED").status, 410);
  assert.equal(toProblem(new Refusal("FIELD_INVALID", "No.", [405, "Not that way"])).status, 405);
});
