import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { createDoor, type Door } from "../support/door.js";
import { nginxVersions } from "../support/nginx-versions.js";

let door: Door;
before(async () => {
  const [version] = await nginxVersions();
  door = await createDoor(version?.command ?? "");
  await door.configure();
});
after(() => door.stop());

test("`once` writes the files before nginx runs, says that nothing enforces them yet, and exits 0", async () => {
  const { code, stdout, stderr } = await door.once();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^CRL \d+ is written\. Nothing enforces it yet: nginx does not run\./);
  const status = await readFile(join(door.dir, "latchkey-status.conf"), "utf8");
  assert.match(status, /^location = \/latchkey-status \{[^{}]*\{ return 403; \}\n {2}return 200 "\d+\\n";\n\}\n$/);
  const key = await stat(join(door.dir, "server.key"));
  assert.equal(key.mode & 0o777, 0o600);
  const certificate = new X509Certificate(await readFile(join(door.dir, "server.crt")));
  assert.equal(certificate.checkHost("localhost", { subject: "never" }), "localhost");
});

test("`once` with nginx running proves that it enforces the CRL", async () => {
  await door.nginx.start();
  const { code, stdout, stderr } = await door.once();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^nginx enforces CRL \d+\.$/m);
  const { subscribers } = await call(door.authority.connection.publication, "listSubscribers", { pageSize: 0, pageToken: "" });
  assert.equal(subscribers[0]?.problem, "");
  assert.match(subscribers[0]?.relyingParty ?? "", /^nginx\/1\./);
  assert.match(stdout, new RegExp(subscribers[0]?.enforcedCrlNumber ?? "none"));
});
