import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { selfSigned } from "../support/self-signed.js";
import { startServe, type TestServe } from "../support/serve.js";
import { openSignedProfile } from "../support/signed-profile.js";

/** The enrolment service beside its CA, as real processes; and the certificates of `servers` that the CA has issued. */
async function house(t: TestContext, settings: Readonly<Record<string, string>> = {}) {
  const serve = await startServe([], { environment: settings });
  t.after(async () => {
    await serve.end("SIGTERM");
    await serve.remove();
  });
  return {
    serve,
    file: join(serve.data, "enrollment", "server.pem"),
    signerFile: join(serve.data, "enrollment", "profile-signer.pem"),
    async issued(): Promise<string[]> {
      const { certificates } = JSON.parse((await serve.latchkey("list", "--authority", "servers", "--json")).stdout);
      return certificates.map(({ serialNumber, status }: { serialNumber: string; status: string }) => `${plain(serialNumber)} ${status}`);
    },
    async restart(environment: Readonly<Record<string, string>> = {}): Promise<void> {
      await serve.end("SIGTERM");
      await serve.start(environment);
    },
  };
}

/** Serial numbers are written with and without a sign octet. */
const plain = (serialNumber: string) => serialNumber.toLowerCase().replace(/^(00)+/, "");

/** The serial number of the certificate that a phone is shown. */
function shown({ run }: TestServe, at: "enroll" | "devices" = "enroll"): Promise<string> {
  return new Promise((resolve, reject) => {
    const port = Number(run[at].split(":").at(-1));
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(plain(socket.getPeerCertificate().serialNumber));
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

test("the enrolment service has one certificate over all its starts, whose key its owner alone may read", async (t) => {
  const { serve, file, issued, restart } = await house(t);
  const first = await shown(serve);
  for (let start = 0; start < 2; start++) {
    await restart();
    assert.equal(await shown(serve), first);
  }
  assert.deepEqual(await issued(), [`${first} valid`]);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const pem = await readFile(file, "utf8");
  assert.ok(new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem)));
});

test("one that was revoked, or whose file is damaged, is replaced while the service runs; the list shows which one counts", async (t) => {
  const { serve, file, issued } = await house(t);
  const first = await shown(serve);
  const replaced = async (serial: string) => {
    for (let waited = 0; waited < 300; waited++) {
      const now = await shown(serve);
      if (now !== serial) return now;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`it still shows the old one:\n${serve.output()}`);
  };
  await serve.latchkey("revoke", first, "--yes");
  const second = await replaced(first);
  assert.deepEqual(await issued(), [`${second} valid`, `${first} revoked`]);
  await writeFile(file, "damaged");
  const third = await replaced(second);
  assert.deepEqual(await issued(), [`${third} valid`, `${second} revoked`, `${first} revoked`]);
  assert.equal(serve.output().match(/"enrollment\.started"/g)?.length, 1, "without a new start of the service");
});

test("when the service's credential is revoked, credential and certificate are made anew, and phones enrol on", async (t) => {
  const { serve, issued } = await house(t);
  const first = await shown(serve);
  assert.equal((await serve.latchkey("revoke", "enrollment", "--yes")).code, 0);
  const { url } = JSON.parse((await serve.latchkey("invite", "Phone", "--json")).stdout) as { url: string };
  const page = () => fetchPage(serve, new URL(url).pathname);
  for (let waited = 0; waited < 300 && (await page()) !== 200; waited++) await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(await page(), 200, serve.output());
  assert.notEqual(await shown(serve), first);
  assert.deepEqual(await issued(), [`${await shown(serve)} valid`, `${first} revoked`]);
});

/** A profile that the running service signs now: by which serial number, and by a certificate of which subject. */
async function signedNow(serve: TestServe, deviceName: string): Promise<string> {
  const { url } = JSON.parse((await serve.latchkey("invite", deviceName, "--json")).stdout) as { url: string };
  const [root, profile] = [await askPage(serve, "/ca.pem"), await enroll(serve, new URL(url).pathname.replace("/i/", ""))];
  const { signer } = await openSignedProfile(profile, root.body.toString());
  assert.equal(signer.subject, "O=Latchkey profile signing");
  return plain(signer.serialNumber);
}

const SIGNING = { LATCHKEY_ENROLLMENT_SIGN_PROFILES: "true" };

test("what signs profiles is kept like what the page shows: one over all starts, whose key its owner alone may read", async (t) => {
  const { serve, file, signerFile, issued, restart } = await house(t, SIGNING);
  const [page, first] = [await shown(serve), await signedNow(serve, "first iPhone")];
  await restart();
  assert.equal(await signedNow(serve, "second iPhone"), first);
  assert.deepEqual(await issued(), [`${first} valid`, `${page} valid`]);
  assert.equal((await stat(signerFile)).mode & 0o777, 0o600);
  const [pem, ofPage] = [await readFile(signerFile, "utf8"), await readFile(file, "utf8")];
  assert.ok(new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem)));
  assert.ok(!new X509Certificate(pem).checkPrivateKey(createPrivateKey(ofPage)), "it has a key of its own");
  const listed = await serve.latchkey("list", "--authority", "servers");
  assert.match(listed.stdout, /^Latchkey profile signing +valid +servers /m);
});

test("what signs profiles is replaced when it was revoked, without a new start and without the page's; signing off ends it", async (t) => {
  const { serve, signerFile, issued, restart } = await house(t, SIGNING);
  const [page, first] = [await shown(serve), await signedNow(serve, "iPhone 0")];
  await serve.latchkey("revoke", first, "--yes");
  let second = first;
  for (let tries = 1; second === first && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    second = await signedNow(serve, `iPhone ${tries}`);
  }
  assert.deepEqual(await issued(), [`${second} valid`, `${first} revoked`, `${page} valid`]);
  assert.equal(serve.output().match(/"enrollment\.started"/g)?.length, 1, "without a new start of the service");
  // With a new credential nobody who had the old folder can sign any more.
  assert.equal((await serve.latchkey("revoke", "enrollment", "--yes")).code, 0);
  const isAnew = (all: readonly string[]) => all.length === 5 && all.filter((one) => one.endsWith(" valid")).length === 2;
  for (let waited = 0; waited < 300 && !isAnew(await issued()); waited++) await new Promise((resolve) => setTimeout(resolve, 200));
  const [third = "", ...others] = await issued();
  assert.match(third, / valid$/);
  assert.deepEqual(others.slice(1), [`${second} revoked`, `${first} revoked`, `${page} revoked`]);
  // A key that nobody uses is only there to be stolen.
  await restart({ LATCHKEY_ENROLLMENT_SIGN_PROFILES: "false" });
  await assert.rejects(stat(signerFile), { code: "ENOENT" });
  assert.equal((await issued())[0], third.replace("valid", "revoked"));
});

test("where the page shows a certificate of the user's own, that one signs, and none is kept for it", async (t) => {
  const { serve, signerFile, issued, restart } = await house(t, SIGNING);
  const { cert, key } = selfSigned();
  const files = { certificate: join(serve.folder, "own.crt"), key: join(serve.folder, "own.key") };
  await writeFile(files.certificate, cert);
  await writeFile(files.key, key);
  await restart({ LATCHKEY_ENROLLMENT_TLS_CERTIFICATE: files.certificate, LATCHKEY_ENROLLMENT_TLS_KEY: files.key });
  const { token } = JSON.parse((await serve.latchkey("invite", "iPhone", "--json")).stdout) as { token: string };
  const { signer } = await openSignedProfile(await enroll(serve, token), cert);
  assert.equal(signer.fingerprint256, new X509Certificate(cert).fingerprint256);
  await assert.rejects(stat(signerFile), { code: "ENOENT" });
  assert.match((await issued())[0] ?? "", / revoked$/);
});

test("a certificate of the user's own is taken when it is renewed, at both ports and for profiles, without a restart; its end is told before", async (t) => {
  const { serve, restart } = await house(t, SIGNING);
  // As certbot lays them: links, into a folder where the old ones stay.
  const path = (name: string) => join(serve.folder, name);
  const [old, next] = [selfSigned(undefined, 5), selfSigned(undefined, 90)];
  for (const [name, text] of Object.entries({ "old.crt": old.cert, "old.key": old.key, "next.crt": next.cert, "next.key": next.key }))
    await writeFile(path(name), text);
  const link = async (name: string, to: string) => {
    await symlink(to, path(`${name}.new`));
    await rename(path(`${name}.new`), path(name));
  };
  await link("live.crt", "old.crt");
  await link("live.key", "old.key");
  await restart({ LATCHKEY_ENROLLMENT_TLS_CERTIFICATE: path("live.crt"), LATCHKEY_ENROLLMENT_TLS_KEY: path("live.key") });
  const serial = ({ cert }: { cert: string }) => plain(new X509Certificate(cert).serialNumber);
  const shownAtBoth = async () => [await shown(serve), await shown(serve, "devices")];
  const warnings = async () => {
    const { warnings } = JSON.parse((await serve.latchkey("status", "--json")).stdout) as { warnings: { code: string; message: string }[] };
    return warnings.filter(({ code }) => code.startsWith("ENROLLMENT_CERTIFICATE"));
  };
  assert.deepEqual(await shownAtBoth(), [serial(old), serial(old)]);
  const [ending, ...more] = await warnings();
  assert.deepEqual([ending?.code, more], ["ENROLLMENT_CERTIFICATE_ENDS", []]);
  assert.match(ending?.message ?? "", /live\.crt.* ends on \d{4}-\d\d-\d\d.*[Rr]enew it/);

  await link("live.crt", "next.crt");
  await serve.told(/"service\.failed".*does not belong/);
  assert.deepEqual(await shownAtBoth(), [serial(old), serial(old)]);
  for (let waited = 0; waited < 100 && (await warnings())[0]?.code !== "ENROLLMENT_CERTIFICATE_UNUSABLE"; waited++)
    await new Promise((resolve) => setTimeout(resolve, 200));
  assert.match((await warnings())[0]?.message ?? "", /does not belong/);

  await link("live.key", "next.key");
  for (let waited = 0; waited < 100 && (await shown(serve)) !== serial(next); waited++)
    await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(await shownAtBoth(), [serial(next), serial(next)]);
  const { token } = JSON.parse((await serve.latchkey("invite", "iPhone", "--json")).stdout) as { token: string };
  const { signer } = await openSignedProfile(await enroll(serve, token), next.cert);
  assert.equal(signer.fingerprint256, new X509Certificate(next.cert).fingerprint256);
  for (let waited = 0; waited < 100 && (await warnings()).length > 0; waited++) await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(await warnings(), []);
  assert.equal(serve.output().match(/does not belong/g)?.length, 1, "said once");
});

test("a certificate of the user's own that is missing at a start takes no CA down: status says so, and it is taken when it comes", async (t) => {
  const { serve } = await house(t);
  assert.equal((await serve.latchkey("invite", "Phone", "--json")).code, 0);
  // As certbot lays them: links, here before what they lead to is there.
  const path = (name: string) => join(serve.folder, name);
  const own = selfSigned(undefined, 90);
  await symlink("archived.crt", path("live.crt"));
  const environment = { LATCHKEY_ENROLLMENT_TLS_CERTIFICATE: path("live.crt"), LATCHKEY_ENROLLMENT_TLS_KEY: path("live.key") };
  await serve.end("SIGTERM");
  await serve.start(environment);
  assert.equal(serve.run.enroll, "");
  const { warnings } = JSON.parse((await serve.latchkey("status", "--json")).stdout) as { warnings: { code: string; message: string }[] };
  const messageOf = (wanted: string) => warnings.find(({ code }) => code === wanted)?.message ?? "";
  assert.match(messageOf("ENROLLMENT_CERTIFICATE_UNUSABLE"), /live\.crt .*can't be read: it is not there/);
  assert.match(messageOf("ENROLLMENT_DOWN"), /does not run/);
  assert.match(serve.output(), /can't start yet: .*live\.crt .*it is not there/);

  await writeFile(path("archived.crt"), own.cert);
  await writeFile(path("archived.key"), own.key);
  await symlink("archived.key", path("live.key"));
  await serve.told(/"enrollment\.started".*\n[\s\S]*"enrollment\.started"/);
  const isTold = async () => (await serve.latchkey("status", "--json")).stdout.includes('"ENROLLMENT_');
  for (let waited = 0; waited < 100 && (await isTold()); waited++) await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(await isTold(), false, serve.output());
  const { enroll } = JSON.parse(await readFile(join(serve.data, "run.json"), "utf8")) as { enroll: string };
  assert.equal(await shown({ ...serve, run: { ...serve.run, enroll } }), plain(new X509Certificate(own.cert).serialNumber));
});

test("on the first run, where somebody sits before it, a certificate of the user's own that is missing ends the start with the reason", async () => {
  const environment = { LATCHKEY_ENROLLMENT_TLS_CERTIFICATE: "/nowhere/own.crt", LATCHKEY_ENROLLMENT_TLS_KEY: "/nowhere/own.key" };
  await assert.rejects(startServe([], { environment }), /did not start[\s\S]*\/nowhere\/own\.crt/);
});

async function enroll(serve: TestServe, token: string): Promise<Buffer> {
  const body = JSON.stringify({ token, format: "mobileconfig" });
  const answer = await askPage(serve, "/api/v1/enrollments", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  assert.equal(answer.status, 201, answer.body.toString());
  return answer.body;
}

async function fetchPage(serve: TestServe, path: string): Promise<number> {
  return (await askPage(serve, path)).status;
}

async function askPage(
  { run }: TestServe,
  path: string,
  asking: { method?: string; headers?: Readonly<Record<string, string>>; body?: string } = {},
): Promise<{ status: number; body: Buffer }> {
  return await new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: run.enroll.split(":").at(-1),
      path,
      method: asking.method ?? "GET",
      rejectUnauthorized: false,
      headers: { Host: "localhost", ...asking.headers },
    };
    const asked = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    asked.once("error", reject);
    asked.end(asking.body);
  });
}
