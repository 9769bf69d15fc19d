import assert from "node:assert/strict";
import { chmod, chown, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { issueAgedOperator, issueAgedServer } from "../support/aged-operator.js";
import { clockOff } from "../support/clock.js";
import { startServe, type TestServe } from "../support/serve.js";

interface Report {
  readonly code: number | null;
  /** Of the warnings and failures, without what every house here has. */
  readonly codes: readonly string[];
  readonly findings: readonly { about: string; severity: string; code?: string; message: string; remedy?: string; page?: string }[];
}

/** The passphrase lies where the first run put it, and no nginx is there. */
const ALWAYS = ["NO_HOOK", "PASSPHRASE_FILE_ON_THIS_HOST"];
/** With a certificate that lives as long as this, five sixths of its life are over. */
const OVERDUE_SECONDS = -65;

async function examine(serve: TestServe, ...flags: string[]): Promise<Report> {
  const { code, stdout, stderr } = await serve.latchkey("doctor", "--json", ...flags);
  assert.equal(stderr, "");
  const { findings } = JSON.parse(stdout) as Pick<Report, "findings">;
  const codes = findings.flatMap((finding) => finding.code ?? []);
  for (const always of ALWAYS) assert.ok(codes.includes(always), `${always} is not among ${codes.join()}`);
  return { code, findings, codes: codes.filter((one) => !ALWAYS.includes(one)) };
}

/** A house with a backup: nothing is wrong that the tests here have not broken. */
async function startHouse(environment: Record<string, string> = {}): Promise<TestServe> {
  const serve = await startServe(["--print-invitation"], { environment });
  const backup = await serve.latchkey("backup", "--out", "house.backup");
  assert.equal(backup.code, 0, backup.stderr);
  return serve;
}

describe("latchkey doctor", () => {
  let serve: TestServe;
  before(async () => {
    serve = await startHouse();
  });
  after(async () => {
    await serve.end("SIGTERM");
    await serve.remove();
  });

  test("a house that is whole: warnings alone, which fail when they are asked to", async () => {
    const { code, codes, findings } = await examine(serve);
    assert.deepEqual([code, codes], [0, []]);
    for (const { message } of findings) assert.match(message, /^[A-Z].*\.$/s);
    assert.equal((await examine(serve, "--strict")).code, 5);
  });

  test("for a person: a line for each thing, and what to mend last, with its page", async () => {
    const { code, stdout } = await serve.latchkey("doctor");
    assert.equal(code, 0);
    assert.match(stdout, /^ok {8}The CA {8}The CA at 127\.0\.0\.1:\d+ answers/);
    assert.match(stdout, /\nwarning {3}NO_HOOK {2}No nginx hook .*\n {2}Set up latchkey-nginx .*\n {2}docs\/doctor\.md#no_hook\n/);
    assert.match(stdout, /\n0 failures, 2 warnings, \d+ ok\.\n$/);
  });

  test("FOLDER_OPEN_TO_OTHERS: the data folder can be entered", async () => {
    await chmod(serve.data, 0o750);
    const { code, codes, findings } = await examine(serve);
    await chmod(serve.data, 0o700);
    assert.deepEqual([code, codes], [5, ["FOLDER_OPEN_TO_OTHERS"]]);
    assert.equal(findings.find((one) => one.code === "FOLDER_OPEN_TO_OTHERS")?.remedy, `chmod 700 '${serve.data}'`);
  });

  for (const name of ["keys/devices.key", "operator/operator.key", "enrollment/server.pem"]) {
    test(`FILE_OPEN_TO_OTHERS: ${name}`, async () => {
      await chmod(join(serve.data, name), 0o640);
      const { code, codes } = await examine(serve);
      await chmod(join(serve.data, name), 0o600);
      assert.deepEqual([code, codes], [5, ["FILE_OPEN_TO_OTHERS"]]);
    });
  }

  test("FILE_OPEN_TO_OTHERS: the passphrase of the keys, where the first run put it", async () => {
    const folder = join(serve.folder, "config", "latchkey");
    const [name = ""] = (await readdir(folder)).filter((one) => one.endsWith(".passphrase"));
    await chmod(join(folder, name), 0o644);
    const { codes } = await examine(serve);
    await chmod(join(folder, name), 0o600);
    assert.deepEqual(codes, ["FILE_OPEN_TO_OTHERS"]);
  });

  test("FILE_OF_ANOTHER_USER: root has written where another user's CA reads", async () => {
    await chown(join(serve.data, "operator", "operator.crt"), 65_534, 65_534);
    const { code, codes } = await examine(serve);
    await chown(join(serve.data, "operator", "operator.crt"), 0, 0);
    assert.deepEqual([code, codes], [0, ["FILE_OF_ANOTHER_USER"]]);
  });

  test("PASSPHRASE_BESIDE_KEYS: a copy of the data folder carries both", async () => {
    const beside = join(serve.data, "keys.passphrase");
    await writeFile(beside, "a copy\n", { mode: 0o600 });
    const { code, codes } = await examine(serve);
    await rm(beside);
    assert.deepEqual([code, codes], [5, ["PASSPHRASE_BESIDE_KEYS"]]);
  });

  test("CANARY_LEFT: an examination was cut off", async () => {
    const issued = await serve.latchkey("issue", "canary", "--owner", "latchkey doctor", "--bundle", "canary.p12");
    assert.equal(issued.code, 0, issued.stderr);
    const { code, codes } = await examine(serve);
    assert.deepEqual([code, codes], [0, ["CANARY_LEFT"]]);
    await serve.latchkey("revoke", "canary");
    assert.deepEqual((await examine(serve)).codes, []);
  });

  test("CLOCK_DIFFERS: this host's clock is half a minute behind the CA's", async () => {
    await serve.end("SIGTERM");
    await serve.start(clockOff("+30s"));
    const { code, codes, findings } = await examine(serve);
    assert.deepEqual([code, codes], [0, ["CLOCK_DIFFERS"]]);
    assert.match(findings.find((one) => one.code === "CLOCK_DIFFERS")?.message ?? "", /clock is (29|30|31) s behind of the CA's/);
    await serve.end("SIGTERM");
    await serve.start();
  });

  test("OPERATOR_CERTIFICATE_ENDS: a credential that nobody has used when it was to be renewed", async () => {
    await serve.end("SIGTERM");
    const folder = join(serve.folder, "unused");
    await issueAgedOperator(serve, { folder, name: "unused", role: "viewer", dueInSeconds: OVERDUE_SECONDS });
    await serve.start();
    const { code, codes } = await examine(serve);
    assert.deepEqual([code, codes], [0, ["OPERATOR_CERTIFICATE_ENDS"]]);
    assert.equal((await serve.latchkey("revoke", "unused", "--yes")).code, 0);
  });

  test("SERVER_CERTIFICATE_ENDS: what its holder should have renewed long ago", async () => {
    await serve.end("SIGTERM");
    await issueAgedServer(serve, "localhost", "front-door", OVERDUE_SECONDS);
    await serve.start();
    const { code, codes, findings } = await examine(serve);
    assert.deepEqual([code, codes], [0, ["SERVER_CERTIFICATE_ENDS"]]);
    const [, serial = ""] = /\(([0-9a-f]+)\)/.exec(findings.find((one) => one.code === "SERVER_CERTIFICATE_ENDS")?.message ?? "") ?? [];
    assert.equal((await serve.latchkey("revoke", serial, "--yes")).code, 0);
  });

  test("CA_UNREACHABLE: the CA does not run; what needs it is not called right, and the rest is looked at", async () => {
    await serve.end("SIGTERM");
    const { code, stdout } = await serve.latchkey("doctor", "--json");
    const { findings, summary } = JSON.parse(stdout) as Pick<Report, "findings"> & { summary: Record<string, number> };
    assert.equal(code, 5);
    assert.deepEqual(
      findings.flatMap((finding) => finding.code ?? []),
      ["CA_UNREACHABLE"],
    );
    assert.deepEqual(
      findings.filter(({ severity }) => severity === "skipped").map(({ about }) => about),
      ["nginx hooks", "Lives", "Clocks", "Backup", "Canaries"],
    );
    assert.equal(summary.failure, 1);
    await serve.start();
  });

  test("a credential that is not there is told with what to do", async () => {
    const hidden = join(serve.folder, "hidden");
    await rename(join(serve.data, "operator"), hidden);
    const { code, stdout } = await serve.latchkey("doctor", "--json");
    await rename(hidden, join(serve.data, "operator"));
    const { findings } = JSON.parse(stdout) as Pick<Report, "findings">;
    assert.equal(code, 5);
    assert.match(findings.find((one) => one.code === "CA_UNREACHABLE")?.message ?? "", /administrator's credential was taken away/);
  });
});

test("DEVICE_CERTIFICATE_ENDS: until the device has its next one; BACKUP_NEVER_MADE: until there is one", async () => {
  const serve = await startServe(["--print-invitation"], { environment: { LATCHKEY_PROFILES_DEVICE_DAYS: "20" } });
  try {
    const issued = await serve.latchkey("issue", "Phone", "--bundle", "phone.p12");
    assert.equal(issued.code, 0, issued.stderr);
    const { code, codes, findings } = await examine(serve);
    assert.deepEqual([code, codes], [0, ["DEVICE_CERTIFICATE_ENDS", "BACKUP_NEVER_MADE"]]);
    assert.equal(findings.find((one) => one.code === "DEVICE_CERTIFICATE_ENDS")?.remedy, '`latchkey invite --renew "Phone"`.');
    assert.equal((await serve.latchkey("backup", "--out", "house.backup")).code, 0);
    await serve.end("SIGTERM");
    await serve.start({ LATCHKEY_PROFILES_DEVICE_DAYS: "825" });
    const renewed = await serve.latchkey("renew", "Phone", "--bundle", "phone-2.p12");
    assert.equal(renewed.code, 0, renewed.stderr);
    assert.deepEqual((await examine(serve)).codes, []);
  } finally {
    await serve.end("SIGTERM");
    await serve.remove();
  }
});
