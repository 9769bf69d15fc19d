import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { access, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { GetStatusRequest } from "../../generated/latchkey/v1/operations_service.js";
import { createDoor, type Door, HOOK } from "../support/door.js";
import { nginxConfiguration } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { subscriberOf } from "../support/revocation.js";
import { openScreen } from "../support/screen.js";

let door: Door;
before(async () => {
  const [version] = await nginxVersions();
  door = await createDoor(version?.command ?? "");
  await door.nginx.configure(nginxConfiguration(door.nginx.folder, `server { listen 127.0.0.1:${door.port}; }`));
});
after(() => door.stop());

const NO_CERTIFICATE = ["--server-name", "elsewhere.home.arpa"];

// In the order of somebody who sets up a house, with each mistake that can be made on the way.

test("without a credential nothing is touched, and it is said how to get one", async () => {
  const { code, stdout, stderr } = await door.once(["--credential", join(door.nginx.folder, "nowhere")]);
  assert.deepEqual([code, stdout], [3, ""]);
  assert.match(
    stderr,
    /^latchkey-nginx: There is no credential in \S+nowhere, or a part of it is missing\. Make one .*`latchkey operator add .*\n$/,
  );
  await assert.rejects(access(door.dir));
});

test("with an administrator's credential it is said at once that a hook needs its own", async () => {
  const { code, stderr } = await door.once(["--credential", door.authority.ca.operatorFolder]);
  assert.equal(code, 3);
  assert.match(stderr, /is that of an operator of the role `admin`; this needs `nginx`\. Make one/);
});

test("with a folder that can't be made it is said why", async () => {
  const { code, stderr } = await door.once(["--dir", join(door.nginx.configuration, "latchkey")]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^latchkey-nginx: \S+nginx\.conf\/latchkey is no folder, or lies in something that is none: choose another --dir\.\n$/,
  );
});

test("a certificate that the CA refuses is said plainly, with the CA's own remedy: exit code 4, and a warning of the status", async () => {
  const { code, stdout, stderr } = await door.once(NO_CERTIFICATE);
  assert.equal(code, 4, stderr);
  assert.match(stdout, /^CRL \d+ is written\. Nothing enforces it yet: nginx does not run\./);
  assert.match(
    stderr,
    /^latchkey-nginx: SERVER_CERTIFICATE_REFUSED: nginx has no certificate of its own, since the CA refuses it a new one: This operator may not serve elsewhere\.home\.arpa\. It was added for: localhost\.$/m,
  );
  const { subscribers, warnings } = await call(door.authority.connection.operations, "getStatus", GetStatusRequest.create());
  assert.deepEqual(
    subscribers[0]?.warnings.map((warning) => warning.code),
    ["SERVER_CERTIFICATE_REFUSED"],
  );
  assert.match(warnings.find((warning) => warning.code === "SERVER_CERTIFICATE_REFUSED")?.message ?? "", /^door: nginx has no certificate/);
});

test("`once` before nginx runs says to put the configuration in place, and exits 0", async () => {
  const { code, stdout, stderr } = await door.once();
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^CRL \d+ is written\. Nothing enforces it yet: nginx does not run\. Put in place what `latchkey-nginx config --dir \S+` prints, and start it\./,
  );
  const status = await readFile(join(door.dir, "latchkey-status.conf"), "utf8");
  assert.match(status, /^location = \/latchkey-status \{[^{}]*\{ return 403; \}\n {2}return 200 "\d+\\n";\n\}\n$/);
  const key = await stat(join(door.dir, "server.key"));
  assert.equal(key.mode & 0o777, 0o600);
  const certificate = new X509Certificate(await readFile(join(door.dir, "server.crt")));
  assert.equal(certificate.checkHost("localhost", { subject: "never" }), "localhost");
});

test("a command that is not there is called so, and no file is taken back for it", async () => {
  const before = await readFile(join(door.dir, "devices-crl.pem"), "utf8");
  const { code, stderr } = await door.once(["--test", "no-such-nginx -t"]);
  assert.equal(code, 4);
  assert.match(stderr, /^latchkey-nginx: NGINX_NOT_FOUND: .*can't be run\. .*does --test say where\? \(.*no-such-nginx: .*not found\)$/m);
  assert.equal(await readFile(join(door.dir, "devices-crl.pem"), "utf8"), before);
});

test("with nginx running on its old configuration it does not say that nginx does not run", async () => {
  await door.nginx.start();
  const { code, stderr } = await door.once();
  assert.equal(code, 4, "it is not the first time");
  assert.match(
    stderr,
    /^latchkey-nginx: NGINX_NOT_CONFIGURED: Nothing enforces it yet: nginx's configuration does not use this hook's files\. Put in place what `latchkey-nginx config --dir \S+` prints, and reload nginx\.$/m,
  );
  assert.equal((await subscriberOf(door.authority.connection))?.problem, "NGINX_NOT_CONFIGURED");
});

test("the first time that is as it should be: exit code 0", async () => {
  const { code, stdout, stderr } = await door.once(["--dir", join(door.nginx.folder, "another")]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^CRL \d+ is written\. Nothing enforces it yet: nginx's configuration does not use this hook's files\./);
});

test("a --status-url where nobody answers is not called an nginx that does not run", async () => {
  await door.configure();
  const { code, stderr } = await door.once(["--status-url", "http://127.0.0.1:1/latchkey-status"]);
  assert.equal(code, 4);
  assert.match(stderr, /^latchkey-nginx: NGINX_NOT_PROVED: .*127\.0\.0\.1:1.*--status-url has to name it/m);
});

test("`once` with nginx running proves that it enforces the CRL", async () => {
  const { code, stdout, stderr } = await door.once();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^nginx enforces CRL \d+\.$/m);
  const subscriber = await subscriberOf(door.authority.connection);
  assert.deepEqual([subscriber?.problem, subscriber?.warnings], ["", []]);
  assert.match(subscriber?.relyingParty ?? "", /^nginx\/1\./);
  assert.match(stdout, new RegExp(subscriber?.enforcedCrlNumber ?? "none"));
});

test("at a terminal it says each thing once, in lines for people", async (t) => {
  const line = [process.execPath, HOOK, "once", ...door.flags, ...NO_CERTIFICATE];
  const terminal = await openScreen(line, door.nginx.folder, { PATH: process.env.PATH ?? "", HOME: door.nginx.folder });
  t.after(() => terminal.close());
  assert.equal(await terminal.ended(), 4);
  const lines = (await terminal.screen()).replaceAll(/(?<=^.{100})\n/gm, "").split("\n");
  assert.match(lines[0] ?? "", /^\d\d:\d\d:\d\d ca\.connected address=127\.0\.0\.1:\d+$/);
  assert.match(lines[1] ?? "", /^nginx enforces CRL \d+\.$/);
  assert.match(
    lines[2] ?? "",
    /^latchkey-nginx: SERVER_CERTIFICATE_REFUSED: nginx goes on with its old certificate \(good until \S+Z\), since the CA refuses/,
  );
  assert.equal(lines.slice(3).join(""), "", "nothing else");
});

test("without latchkey-status.conf in nginx it is said which file is missing where", async () => {
  await door.nginx.configure((await readFile(door.nginx.configuration, "utf8")).replace(/include [^;]*latchkey-status\.conf;/, ""));
  const { code, stderr } = await door.once();
  assert.equal(code, 4);
  assert.match(stderr, /^latchkey-nginx: NGINX_NOT_PROVED: .*A server of nginx on loopback has to include \S+latchkey-status\.conf/m);
});
