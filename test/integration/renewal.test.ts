import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { fileURLToPath } from "node:url";
import { call } from "../../clients/connect/connect.js";
import { type Credential, isDueForRenewal, readCredential } from "../../clients/connect/credential.js";
import { ListCertificatesRequest, RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { issueAgedOperator } from "../support/aged-operator.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { freePorts } from "../support/nginx.js";
import { LATCHKEY } from "../support/transcript.js";

const HOOK = fileURLToPath(new URL("../../clients/nginx/latchkey-nginx.js", import.meta.url));

let world: TestAuthority;
before(async () => {
  const [port = 0] = await freePorts(1);
  world = await startTestAuthority({ grpc: { listen: `127.0.0.1:${port}` } });
});
after(() => world.stop());

/** A viewer's (or a hook's) credential folder, with a certificate of which two thirds are over; it lives two minutes more. */
async function age(name: string, role: "viewer" | "nginx" = "viewer"): Promise<Credential> {
  const serverNames = role === "nginx" ? ["localhost"] : [];
  const operator = { name, role, serverNames, folder: folderOf(name), address: world.admin.address };
  let aged: Credential | undefined;
  await world.restart(async () => {
    aged = await issueAgedOperator(world, operator);
  });
  assert.ok(aged);
  return aged;
}

const folderOf = (name: string) => join(world.folder, name);

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[], options: { imports?: string } = {}): Promise<Finished> {
  const env = { PATH: process.env.PATH ?? "", HOME: world.folder };
  const node = options.imports === undefined ? [] : ["--import", options.imports];
  return new Promise((resolve) => {
    execFile(process.execPath, [...node, program, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, stdout, stderr }),
    );
  });
}

const list = (name: string, options: { imports?: string } = {}) =>
  run(LATCHKEY, ["list", "--json", "--credential", folderOf(name)], options);

/** `once` where no nginx runs: it fetches and writes, and nothing else. */
const hook = (name: string) =>
  run(HOOK, [
    ...["once", "--credential", folderOf(name), "--dir", join(world.folder, `nginx-${name}`)],
    ...["--test", "true", "--reload", "false", "--status-url", "http://127.0.0.1:1/latchkey-status"],
  ]);

/** The folder holds a pair that fits, for its owner alone, and nothing that was needed on the way. */
async function assertWhole(name: string): Promise<Credential> {
  const credential = await readCredential(folderOf(name));
  assert.ok(new X509Certificate(credential.certificate).checkPrivateKey(createPrivateKey(credential.key)));
  assert.equal((await stat(join(folderOf(name), "operator.key"))).mode & 0o777, 0o600);
  assert.ok(!existsSync(join(folderOf(name), ".renewing")));
  return credential;
}

async function certificatesOf(name: string): Promise<string[]> {
  const request = ListCertificatesRequest.create({ filter: `authority = "operators" AND device_name = "${name}" AND status = "valid"` });
  const { certificates } = await call(world.connection.certificates, "listCertificates", request);
  return certificates.map((certificate) => `${certificate.deviceName} ${certificate.operatorRole} ${certificate.serverNames.join()}`);
}

const eventsOf = ({ stderr }: Finished) =>
  stderr
    .trim()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { event: string; detail?: string; notAfter?: string });

test("`latchkey` renews its credential on use, with a new key, and says nothing of it", async () => {
  const before = await age("alone");
  const { code, stderr } = await list("alone");
  assert.deepEqual([code, stderr], [0, ""]);
  const renewed = await assertWhole("alone");
  assert.notEqual(renewed.key, before.key);
  assert.ok(!isDueForRenewal(renewed.certificate, new Date()));
  assert.deepEqual([renewed.address, renewed.ca], [before.address, before.ca]);
  // The old one stays good until its end: another host may have a copy of the folder.
  assert.deepEqual(await certificatesOf("alone"), ["alone viewer ", "alone viewer "]);
  assert.equal((await list("alone")).code, 0);
  assert.equal((await certificatesOf("alone")).length, 2, "what is renewed is not renewed again");
});

test("of many at once one renews, all do their work, and the folder holds a pair that fits", async () => {
  await age("crowd");
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => list("crowd")));
  for (const { code, stderr } of outcomes) assert.deepEqual([code, stderr], [0, ""]);
  assert.ok(!isDueForRenewal((await assertWhole("crowd")).certificate, new Date()));
  assert.equal((await certificatesOf("crowd")).length, 2);
});

test("@peculiar/x509 is loaded for a renewal, and for nothing else", async () => {
  await age("fresh");
  const seen = join(world.folder, "imports");
  const hooks = `import { appendFileSync } from "node:fs";
    export async function resolve(specifier, context, next) {
      const found = await next(specifier, context);
      appendFileSync(${JSON.stringify(seen)}, found.url + "\\n");
      return found;
    }`;
  const register = `import { register } from "node:module"; register(${JSON.stringify(asModule(hooks))});`;
  const loaded = async () => {
    await writeFile(seen, "");
    const { code, stderr } = await list("fresh", { imports: asModule(register) });
    assert.equal(code, 0, stderr);
    const text = await readFile(seen, "utf8");
    // The look sees what is loaded at all.
    assert.match(text, /clients\/chunks\//);
    return /@peculiar\/x509/.test(text);
  };
  assert.deepEqual([await loaded(), await loaded()], [true, false]);
});

const asModule = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;

test("a renewal that is refused harms nothing: the command does its work with the old certificate, the hook logs why", async () => {
  await age("refused-door", "nginx");
  const before = await age("refused");
  // With its clock behind, the CA answers, and signs nothing.
  mock.timers.enable({ apis: ["Date"], now: Date.now() - 90_000 });
  try {
    const { code, stderr } = await list("refused");
    assert.deepEqual([code, stderr], [0, ""]);
    const failed = eventsOf(await hook("refused-door")).find(({ event }) => event === "credential.failed");
    assert.match(failed?.detail ?? "", /clock/);
  } finally {
    mock.timers.reset();
  }
  assert.deepEqual(await assertWhole("refused"), before);
  assert.equal((await list("refused")).code, 0);
  assert.notEqual((await assertWhole("refused")).key, before.key, "the next use has tried again");
});

test("while another renews, a command goes on with the old certificate; a lock that was left behind ends after a minute", async () => {
  const before = await age("locked");
  const lock = join(folderOf("locked"), ".renewing");
  await writeFile(lock, "");
  assert.equal((await list("locked")).code, 0);
  assert.ok(existsSync(lock), "it belongs to the other");
  assert.equal((await readCredential(folderOf("locked"))).key, before.key);
  const longAgo = new Date(Date.now() - 61_000);
  await utimes(lock, longAgo, longAgo);
  for (let use = 0; use < 2; use++) assert.equal((await list("locked")).code, 0);
  assert.notEqual((await assertWhole("locked")).key, before.key);
});

test("with the CA away nothing changes; when it is back, the next use renews", async () => {
  const [before, door] = [await age("away"), await age("away-door", "nginx")];
  await world.restart(async () => {
    const { code, stderr } = await list("away");
    assert.equal(code, 3);
    assert.match(stderr, /can't be reached/);
    assert.deepEqual(await assertWhole("away"), before);
    const outcome = await hook("away-door");
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stderr, /"event":"credential\.failed","detail":"The CA can't be reached/);
    assert.deepEqual(await assertWhole("away-door"), door);
  });
  assert.equal((await list("away")).code, 0);
  assert.notEqual((await assertWhole("away")).key, before.key);
});

test("the hook renews its credential, keeps the names that it may serve, and logs until when", async () => {
  const before = await age("door", "nginx");
  const outcome = await hook("door");
  assert.equal(outcome.code, 0, outcome.stderr);
  const renewed = await assertWhole("door");
  assert.notEqual(renewed.key, before.key);
  assert.deepEqual(renewed.serverNames, ["localhost"]);
  const logged = eventsOf(outcome).find(({ event }) => event === "credential.renewed");
  assert.equal(logged?.notAfter, new Date(new X509Certificate(renewed.certificate).validTo).toISOString());
  assert.deepEqual(await certificatesOf("door"), ["door nginx localhost", "door nginx localhost"]);
});

test("revoking an operator reaches the renewed certificate, too; it can't renew itself back", async () => {
  const selector = { selected: { $case: "deviceName" as const, value: "alone" } };
  const { serialNumbers } = await call(
    world.connection.certificates,
    "revokeCertificate",
    RevokeCertificateRequest.create({ selector, reason: "keyCompromise" }),
  );
  assert.equal(serialNumbers.length, 2);
  const { code, stderr } = await list("alone");
  assert.equal(code, 1);
  assert.match(stderr, /OPERATOR_REVOKED/);
});

test("a renewal that can't be written leaves the folder as it was: the command does its work, the hook logs why", async () => {
  const before = await age("full", "nginx");
  // What a full disk does, done by a folder that lies where the new certificate goes.
  await mkdir(join(folderOf("full"), ".operator.crt.new"));
  const outcome = await hook("full");
  assert.equal(outcome.code, 0, outcome.stderr);
  assert.match(eventsOf(outcome).find(({ event }) => event === "credential.failed")?.detail ?? "", /EISDIR/);
  await rm(join(folderOf("full"), ".operator.crt.new"), { recursive: true });
  assert.deepEqual(await assertWhole("full"), before);
});
