import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePorts } from "../support/nginx.js";
import { type Output, startServe, type TestServe } from "../support/serve.js";

/** One story, in order: the last administrator goes, and comes back on the CA's own host. */
let serve: TestServe;
let address: string;
before(async () => {
  const [port = 0] = await freePorts(1);
  address = `127.0.0.1:${port}`;
  serve = await startServe(["--grpc", address]);
});
after(async () => {
  await serve.end("SIGTERM");
  await serve.remove();
});

const folder = (name: string) => join(serve.folder, name);
const recover = (name: string, ...more: string[]) =>
  serve.latchkey("operator", "add", name, "--role", "admin", "--local", "--address", address, "--out", folder(name), ...more);
const json = <T>({ stdout }: Output) => JSON.parse(stdout) as T;

test("while the CA runs, `--local` says so, names its process, and makes nothing", async () => {
  const { code, stderr } = await recover("rescue");
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `latchkey: the data folder is in use by process ${serve.run.pid}: stop that one first, or choose another folder with --data.\n`,
  );
  assert.ok(!existsSync(folder("rescue")));
});

test("the last administrator goes only when it is said twice, and then nobody may do anything", async () => {
  const once = await serve.latchkey("revoke", "admin");
  assert.equal(once.code, 1);
  assert.match(once.stderr, /last administrator.*`latchkey operator add --local`/);
  const twice = await serve.latchkey("revoke", "admin", "--yes");
  assert.equal(twice.code, 0, twice.stderr);
  const refused = await serve.latchkey("list");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /The operator certificate of "admin" is revoked/);
  // A restart brings nobody back: what was taken away stays so.
  await serve.end("SIGTERM");
  await serve.start();
  assert.equal((await serve.latchkey("list")).code, 1);
  const added = await serve.latchkey("operator", "add", "other", "--role", "admin", "--out", folder("other"));
  assert.equal(added.code, 1);
  assert.match(added.stderr, /is revoked/);
});

test("with the CA stopped, a wrong passphrase brings nobody back", async () => {
  await serve.end("SIGTERM");
  const config = join(serve.folder, "config", "latchkey");
  const [file = ""] = (await readdir(config)).filter((name) => name.endsWith(".passphrase"));
  const passphrase = await readFile(join(config, file), "utf8");
  await writeFile(join(config, file), "not it\n");
  const { code, stderr } = await recover("rescue");
  assert.equal(code, 1);
  assert.match(stderr, /^latchkey: The passphrase does not open the key .*\n$/);
  // Nor does none: without a terminal nobody can be asked.
  await rename(join(config, file), folder("kept"));
  const none = await recover("rescue");
  assert.equal(none.code, 1);
  assert.match(none.stderr, /^latchkey: The passphrase of the CA's keys is missing/);
  await writeFile(join(config, file), passphrase, { mode: 0o600 });
  assert.ok(!existsSync(folder("rescue")));
});

test("with the right one an administrator is back, and works when the CA runs again", async () => {
  const { code, stderr } = await recover("rescue");
  assert.equal(code, 0, stderr);
  assert.deepEqual((await readdir(folder("rescue"))).toSorted(), ["ca.pem", "credential.json", "operator.crt", "operator.key"]);

  await serve.start();
  const as = ["--credential", folder("rescue")];
  const operators = json<{ certificates: { deviceName: string; status: string }[] }>(
    await serve.latchkey("operator", "list", "--json", ...as),
  );
  const standing = operators.certificates.map((one) => `${one.deviceName} ${one.status}`);
  assert.ok(standing.includes("admin revoked") && standing.includes("rescue valid"));
  const invited = await serve.latchkey("invite", "Anna's phone", "--json", ...as);
  assert.equal(invited.code, 0, invited.stderr);
  // It is one like any other: it makes the next one, and then it is not the last.
  const added = await serve.latchkey("operator", "add", "anna", "--role", "admin", "--out", folder("anna"), ...as);
  assert.equal(added.code, 0, added.stderr);
  assert.equal((await serve.latchkey("revoke", "rescue", ...as)).code, 0);
  assert.equal((await serve.latchkey("list", ...as)).code, 1);
  assert.equal((await serve.latchkey("list", "--credential", folder("anna"))).code, 0);
  const log = await serve.latchkey("audit", "verify", "--credential", folder("anna"));
  assert.equal(log.code, 0, log.stderr);
});
