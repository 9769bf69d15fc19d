import assert from "node:assert/strict";
import test from "node:test";
import { hold, parseReason, release, revoke, statusOf } from "../../../services/ca/authority/revoke.js";
import { certificateRecord, NOW } from "./world.js";

const LATER = new Date(NOW.getTime() + 3_600_000);
const VALID = certificateRecord();

test("revoking keeps everything of the record, and says when and why", () => {
  assert.deepEqual(revoke(VALID, "keyCompromise", NOW), { ...VALID, status: "revoked", revokedAt: NOW, reason: "keyCompromise" });
});

test("revoking twice is the same as once: the first reason and time stand", () => {
  const once = revoke(VALID, "superseded", NOW);
  assert.equal(revoke(once, "keyCompromise", LATER), once);
});

test("a held certificate is revoked from its hold on", () => {
  assert.deepEqual(revoke(hold(VALID, NOW), "keyCompromise", LATER), {
    ...VALID,
    status: "revoked",
    revokedAt: NOW,
    reason: "keyCompromise",
  });
});

test("removeFromCRL and certificateHold are no reasons to revoke, also for what is revoked already", () => {
  for (const record of [VALID, revoke(VALID, "unspecified", NOW)]) {
    assert.throws(() => revoke(record, "removeFromCRL", NOW), { code: "REASON_NOT_ALLOWED" });
    assert.throws(() => revoke(record, "certificateHold", NOW), { code: "REASON_NOT_ALLOWED" });
  }
});

test("a hold can be released, and then nothing of it is left", () => {
  assert.deepEqual(release(hold(VALID, NOW)), VALID);
});

test("holding twice is the same as once", () => {
  const held = hold(VALID, NOW);
  assert.equal(hold(held, LATER), held);
});

test("what is revoked can be neither held nor released", () => {
  const revoked = revoke(VALID, "unspecified", NOW);
  assert.throws(() => hold(revoked, NOW), { code: "CERTIFICATE_REVOKED" });
  assert.throws(() => release(revoked), { code: "CERTIFICATE_NOT_HELD" });
  assert.throws(() => release(VALID), { code: "CERTIFICATE_NOT_HELD" });
});

test("valid ends with notAfter, whose second still belongs to it; what is revoked or held stays that", () => {
  const afterwards = new Date(VALID.notAfter.getTime() + 1);
  assert.equal(statusOf(VALID, VALID.notAfter), "valid");
  assert.equal(statusOf(VALID, afterwards), "expired");
  assert.equal(statusOf(hold(VALID, NOW), afterwards), "held");
  assert.equal(statusOf(revoke(VALID, "unspecified", NOW), afterwards), "revoked");
});

test("reasons are read by their identifiers; nothing means unspecified", () => {
  assert.equal(parseReason("keyCompromise"), "keyCompromise");
  assert.equal(parseReason(""), "unspecified");
  for (const text of ["keycompromise", "lost", "toString", "__proto__"])
    assert.throws(() => parseReason(text), { code: "REASON_NOT_ALLOWED", message: /keyCompromise/ });
});
