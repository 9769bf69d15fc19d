import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { startServe, type TestServe } from "../support/serve.js";

/** The enrolment service beside its CA, as real processes; and the certificates of `servers` that the CA has issued. */
async function house(t: TestContext) {
  const serve = await startServe();
  t.after(async () => {
    await serve.end("SIGTERM");
    await serve.remove();
  });
  return {
    serve,
    file: join(serve.data, "enrollment", "server.pem"),
    async issued(): Promise<string[]> {
      const { certificates } = JSON.parse((await serve.latchkey("list", "--authority", "servers", "--json")).stdout);
      return certificates.map(({ serialNumber, status }: { serialNumber: string; status: string }) => `${plain(serialNumber)} ${status}`);
    },
    async restart(): Promise<void> {
      await serve.end("SIGTERM");
      await serve.start();
    },
  };
}

/** Serial numbers are written with and without a sign octet. */
const plain = (serialNumber: string) => serialNumber.toLowerCase().replace(/^(00)+/, "");

/** The serial number of the certificate that a phone is shown. */
function shown({ run }: TestServe): Promise<string> {
  return new Promise((resolve, reject) => {
    const port = Number(run.enroll.split(":").at(-1));
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

async function fetchPage({ run }: TestServe, path: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: run.enroll.split(":").at(-1),
      path,
      rejectUnauthorized: false,
      headers: { Host: "localhost" },
    };
    const asked = request(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.once("error", reject);
    asked.end();
  });
}
