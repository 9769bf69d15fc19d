import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openFolder } from "../../../clients/nginx/folder.js";
import { HostError } from "../../../clients/nginx/host-error.js";
import { openInstalled } from "../../../clients/nginx/installed.js";
import { readKept, revocationFiles } from "../../../clients/nginx/revocation-files.js";

test("a devices-ca.pem that is damaged is no mistake of the hook's: it says what to do, and pins no other CA in its place", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "latchkey-installed-"));
  t.after(() => rm(dir, { recursive: true }));
  const folder = await openFolder(dir);
  await folder.replace({ "devices-ca.pem": "-----BEGIN CERTIFICATE-----\nMIIB\n", "devices-crl.pem": "" });
  const opened = openInstalled(folder, { filesFor: revocationFiles, readKept }, () => {});
  await assert.rejects(
    opened,
    (error) => error instanceof HostError && /devices-ca\.pem is damaged.*latchkey ca devices/.test(error.message),
  );
});
