import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { clockOff } from "../support/clock.js";
import { startServe, type TestServe } from "../support/serve.js";

/** Runs the same data with a host's clock that is off: Debian's libfaketime stands between node and its clock. */
async function withClock(serve: TestServe, offset: string, work: () => Promise<void>, flags: readonly string[] = []): Promise<void> {
  await serve.end("SIGTERM");
  await serve.start(clockOff(offset), flags);
  await work();
}

/** What OpenSSL says of the answer about a serial number of the devices CA, in one word. */
async function ocspStatus({ run, data }: TestServe): Promise<string | undefined> {
  const issuer = join(data, "devices.pem");
  await writeFile(issuer, await (await fetch(`http://${run.http}/ca/devices.pem`)).text());
  const asked = [
    "ocsp",
    "-issuer",
    issuer,
    "-serial",
    "0x4f0102030405060708090a0b0c0d0e0f",
    "-url",
    `http://${run.http}/ocsp`,
    "-noverify",
  ];
  // It ends with 1 when it was told so.
  const { stdout } = await promisify(execFile)("openssl", asked).catch((error: { stdout: string }) => error);
  return /Responder Error: (\w+)/.exec(stdout)?.[1];
}

test("a host whose clock was a day ahead and is right again signs nothing, publishes what it has, says why, and recovers", async () => {
  const serve = await startServe();
  try {
    const issue = (name: string) => serve.latchkey("issue", name, "--bundle", `${name}.p12`, "--json");
    await withClock(serve, "+1d", async () => {
      assert.equal((await issue("Ahead")).code, 0);
    });
    await serve.end("SIGTERM");
    await rm(join(serve.data, "enrollment", "server.pem"));
    await withClock(serve, "+0", async () => {
      const refused = await issue("Behind");
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /"code":"CLOCK_BEHIND".*check NTP/);
      assert.match((await serve.latchkey("status")).stdout, /clock says .* already seen .*check NTP/s);
      // Its certificate is gone, and the CA can't sign another: everything else goes on without it.
      assert.match((await serve.latchkey("status")).stdout, /enrolment {2,}restarting.*no phone can enrol/s);
      const published = await fetch(`http://${serve.run.http}/crl/devices.crl`);
      assert.equal(published.status, 200);
      // As a hook gets it that connects now.
      assert.equal((await serve.latchkey("crl", "devices", "--der", "--out", "present.crl")).code, 0);
      assert.equal(await ocspStatus(serve), "trylater");
      const { certificates } = JSON.parse((await serve.latchkey("list", "--json", "--authority", "devices")).stdout);
      assert.deepEqual(
        certificates.map(({ deviceName }: { deviceName: string }) => deviceName),
        ["Ahead"],
      );
    });
    await withClock(serve, "+2d", async () => {
      assert.equal((await serve.latchkey("revoke", "Ahead", "--json")).code, 0);
    });
  } finally {
    await serve.end("SIGTERM");
    await serve.remove();
  }
});

test("a clock that is set back by seconds over a restart holds nobody up", async () => {
  const serve = await startServe();
  try {
    await withClock(serve, "+20s", async () => {
      assert.equal((await serve.latchkey("issue", "Phone", "--bundle", "phone.p12", "--json")).code, 0);
    });
    await withClock(serve, "+0", async () => {
      assert.equal((await serve.latchkey("revoke", "Phone", "--json")).code, 0);
    });
  } finally {
    await serve.end("SIGTERM");
    await serve.remove();
  }
});

test("one start with the clock half a year ahead is undone by a word: the CA signs again, and its CRL number went forward", async () => {
  const serve = await startServe();
  try {
    const crlNumber = async () => BigInt(JSON.parse((await serve.latchkey("crl", "devices", "--json")).stdout).crlNumber);
    let ahead = 0n;
    await withClock(serve, "+200d", async () => {
      assert.equal((await serve.latchkey("issue", "Ahead", "--bundle", "ahead.p12", "--json")).code, 0);
      ahead = await crlNumber();
    });
    await withClock(serve, "+0", async () => assert.match((await serve.latchkey("status")).stderr + serve.output(), /--accept-clock/));
    await withClock(
      serve,
      "+0",
      async () => {
        const again = await serve.latchkey("issue", "Again", "--bundle", "again.p12", "--json");
        assert.equal(again.code, 0, again.stderr);
        assert.equal((await serve.latchkey("revoke", "Ahead", "--json")).code, 0);
        assert.ok((await crlNumber()) > ahead);
        assert.match((await serve.latchkey("audit", "verify")).stdout, /whole/);
      },
      ["--accept-clock"],
    );
    // Once was enough.
    await withClock(serve, "+0", async () => {
      const held = await serve.latchkey("hold", "Again", "--json");
      assert.equal(held.code, 0, held.stderr + serve.output());
    });
  } finally {
    await serve.end("SIGTERM");
    await serve.remove();
  }
});
