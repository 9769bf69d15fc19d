import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { AtExpiry } from "../../../clients/nginx/at-expiry.js";
import { NO_CANARIES } from "../../../clients/nginx/canary/none.js";
import { openFolder } from "../../../clients/nginx/folder.js";
import type { FrontDoor } from "../../../clients/nginx/front-door.js";
import { createKeeper } from "../../../clients/nginx/keeper.js";
import { readKept, revocationFiles } from "../../../clients/nginx/revocation-files.js";
import { CrlEntries, createCrlSigner } from "../../../services/ca/authority/crl.js";
import { encodePem } from "../../../services/ca/authority/der/pem.js";
import { fingerprintOf } from "../../../services/ca/authority/vouched.js";
import { createDevices } from "../authority/world.js";

const MINUTE_MILLIS = 60_000;
const DAY_MILLIS = 24 * 60 * MINUTE_MILLIS;

/** What a hook does with a fresh CRL of `devices` that comes with an adopted CA's, of thirty days that end so many ms from now (undefined: in some minutes, with that CA). */
async function take(t: TestContext, atExpiry: AtExpiry, left: number | undefined) {
  const dir = await mkdtemp(join(tmpdir(), "latchkey-adopted-end-"));
  t.after(() => rm(dir, { recursive: true }));
  const now = Date.now();
  const devices = await createDevices();
  const old = await (left === undefined
    ? createDevices("P-256", 30, new Date(now - 30 * DAY_MILLIS + 12 * MINUTE_MILLIS))
    : createDevices());
  const end = left === undefined ? old.authority.notAfter : new Date(now + left);
  const begin = new Date(Math.min(end.getTime() - 30 * DAY_MILLIS, now));
  const vouched = [{ fingerprint: fingerprintOf(old.authority.certificate), crlNumber: 5n }];
  const { der: adopted } = await createCrlSigner(old.authority).sign(new CrlEntries(), 5n, begin, end);
  const { der } = await createCrlSigner(devices.authority).sign(
    new CrlEntries(),
    10n,
    new Date(now - MINUTE_MILLIS),
    new Date(now + 30 * DAY_MILLIS),
    vouched,
  );
  const door: FrontDoor = {
    atExpiry,
    filesFor: revocationFiles,
    readKept,
    keepingCheck: () => ({ warning: undefined, look: async () => {} }),
    canaries: () => NO_CANARIES,
    enforcer: () => ({ enforced: 10n, obstacle: undefined, enforce: async () => {}, recheck: async () => {} }),
  };
  const keeper = await createKeeper(await openFolder(dir), door, () => {});
  keeper.pin(encodePem("CERTIFICATE", devices.authority.certificate), [new X509Certificate(Buffer.from(old.authority.certificate))]);
  const { problem, warnings } = await keeper.take({ der, departed: new Map(), adopted: [{ der: adopted, departed: new Map() }] });
  assert.equal(problem, undefined);
  const crl = await readFile(join(dir, "latchkey-crl.conf"), "utf8").catch(() => "ssl_crl");
  return { isKept: !crl.includes("ssl_crl"), warnings };
}

test("a little before an adopted CA's CRL ends, the list stands in for all of them: nginx would refuse that CA's devices", async (t) => {
  assert.equal((await take(t, "keep-last-good", 5 * MINUTE_MILLIS)).isKept, true);
  assert.equal((await take(t, "keep-last-good", 20 * MINUTE_MILLIS)).isKept, false);
});

test("an adopted CA's CRL that is old is said, and whom nginx will refuse", async (t) => {
  const { warnings } = await take(t, "fail-closed", DAY_MILLIS);
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ["CRL_STALE"],
  );
  assert.match(warnings[0]?.message ?? "", /the CRL of the adopted CA .*nginx refuses every device of the adopted CA/);
});

test("one that ends with its CA refuses nobody else: it is neither kept nor said", async (t) => {
  for (const atExpiry of ["keep-last-good", "fail-closed"] as const)
    assert.deepEqual(await take(t, atExpiry, undefined), { isKept: false, warnings: [] });
});
