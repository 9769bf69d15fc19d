import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { createArticleCa } from "../support/old-ca.js";
import { startServe, type TestServe } from "../support/serve.js";
import { type Outcome, runLine } from "../support/transcript.js";

/** The host that the backup was made on: it is lost. Its folder stays, as a thief would have it. */
let lost: TestServe;
let backup: string;
let passphraseFile: string;
before(async () => {
  lost = await startServe();
  await lost.end("SIGTERM");
  const old = await createArticleCa(join(lost.folder, "old"));
  await old.phone("ben");
  const adopted = await lost.latchkey("adopt", "--ca", old.ca, "--key", old.key, "--certificates", join(lost.folder, "old", "phones"));
  assert.equal(adopted.code, 0, adopted.stderr);
  await lost.start();
  for (const line of [
    ["issue", "Anna's phone", "--bundle", "phone.p12"],
    ["operator", "add", "alice", "--role", "admin", "--out", "alice"],
    ["backup", "--out", "house.backup"],
  ]) {
    const { code, stderr } = await lost.latchkey(...line);
    assert.equal(code, 0, stderr);
  }
  await lost.end("SIGTERM");
  backup = join(lost.folder, "house.backup");
  const configuration = join(lost.folder, "config", "latchkey");
  passphraseFile = join(configuration, (await readdir(configuration)).find((name) => name.endsWith(".passphrase")) ?? "");
});
after(() => lost.remove());

/** A new host, where nothing is yet. What is started on it ends with the test. */
async function newHost(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-restore-"));
  let running: TestServe | undefined;
  t.after(async () => {
    await running?.end("SIGTERM");
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    folder,
    async bringPassphrase(): Promise<void> {
      await mkdir(join(folder, "config", "latchkey"), { recursive: true });
      await cp(passphraseFile, join(folder, "config", "latchkey", passphraseFile.split("/").at(-1) ?? ""));
    },
    /** `latchkey serve --restore FILE` that is not expected to stay. */
    restore: (file: string, environment: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
      runLine(`latchkey serve --restore "${file}" --grpc 127.0.0.1:0 --http 127.0.0.1:0 --enroll 127.0.0.1:0`, folder, {
        XDG_CONFIG_HOME: join(folder, "config"),
        ...environment,
      }),
    async start(...flags: string[]): Promise<TestServe> {
      await running?.end("SIGTERM");
      running = await startServe(flags, { folder });
      return running;
    },
  };
}

test("a backup that can't be read is an error in a sentence, and nothing is made", async (t) => {
  const { restore, folder } = await newHost(t);
  for (const [file, reason] of [
    ["not-there.backup", "The backup can't be read: there is no file not-there\\.backup\\."],
    [folder, `The backup can't be read: ${folder} is a folder\\. Name the file in it\\.`],
    ["/proc/self/mem", ".*i/o error.*"],
  ] as const) {
    const { exitCode, printed } = await restore(file);
    assert.equal(exitCode, 1);
    assert.match(printed, new RegExp(`^latchkey: ${reason}$`));
    assert.deepEqual(await readdir(folder), []);
  }
});

test("without the passphrase nothing is restored; the error says which file to bring; with it, the next try does", async (t) => {
  const { restore, folder, bringPassphrase, start } = await newHost(t);
  const missing = await restore(backup);
  assert.equal(missing.exitCode, 1);
  const wanted = `${folder}/config/latchkey/${passphraseFile.split("/").at(-1)}`;
  assert.ok(
    missing.printed.startsWith(
      `latchkey: The passphrase of the CA's keys is missing: ${wanted} is not there. Bring that file from the host`,
    ),
  );
  assert.match(missing.printed, /LATCHKEY_PASSPHRASE.*keys\.passphraseFile/);
  const wrong = await restore(backup, { LATCHKEY_PASSPHRASE: "guessed" });
  assert.equal(wrong.exitCode, 1);
  assert.match(wrong.printed, /^latchkey: The passphrase does not open the keys in the backup: nothing was restored\./);
  assert.deepEqual(await readdir(folder), []);

  await bringPassphrase();
  const restored = await start("--restore", backup);
  assert.match((await restored.latchkey("list")).stdout, /Anna's phone/);
  await restored.end("SIGTERM");
  const again = await restore(backup);
  assert.equal(again.exitCode, 1);
  assert.match(again.printed, /^latchkey: There is a CA in \.\/data already: restore into an empty data folder \(--data\)\./);
});

test("a restored CA has an administrator; the credentials that lay on the lost host are revoked, and it says so", async (t) => {
  const { folder, bringPassphrase, start } = await newHost(t);
  await bringPassphrase();
  const restored = await start("--restore", backup);
  await restored.told(/The credentials that lay on the host of the backup are revoked: admin, enrollment, server\./);
  await restored.told(/Restored, without the settings of the lost host: a backup has none\. If it had a latchkey\.yaml, bring that to /);
  const operators = async () => {
    const { code, stdout, stderr } = await restored.latchkey("list", "--authority", "operators", "--status", "valid", "--json");
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout)
      .certificates.map(({ deviceName }: { deviceName: string }) => deviceName)
      .toSorted();
  };
  assert.deepEqual(await operators(), ["admin", "alice", "enrollment", "server"]);

  const withCredential = async (from: string) => {
    const to = join(folder, `${from.split("/").at(-1)}-here`);
    await cp(from, to, { recursive: true });
    await writeFile(join(to, "credential.json"), JSON.stringify({ address: restored.run.grpc }));
    return await restored.latchkey("list", "--credential", to);
  };
  const thief = await withCredential(join(lost.data, "operator"));
  assert.equal(thief.code, 1);
  assert.match(thief.stderr, /The operator certificate of "admin" is revoked/);
  assert.equal((await withCredential(join(lost.folder, "alice"))).code, 0);
  assert.equal((await restored.latchkey("audit", "verify")).code, 0);
  // A CA that was adopted is there with its key and its devices: one of them can be revoked.
  assert.equal((await restored.latchkey("revoke", "ben", "--no-wait")).code, 0);
  const ofBen = JSON.parse((await restored.latchkey("list", "--authority", "adopted-1", "--json")).stdout);
  assert.deepEqual(
    ofBen.certificates.map(({ deviceName, status }: Record<string, string>) => [deviceName, status]),
    [["ben", "revoked"]],
  );

  const later = await start();
  assert.deepEqual(await operators(), ["admin", "alice", "enrollment", "server"]);
  assert.doesNotMatch(later.output(), /are revoked|Restored,/);
});

test("a backup says that the settings are not in it, where there are any; a restore says which ones it goes by", async (t) => {
  const { folder, bringPassphrase, start } = await newHost(t);
  await bringPassphrase();
  await mkdir(join(folder, "data"));
  await writeFile(join(folder, "data", "latchkey.yaml"), "invitations:\n  lifetimeMinutes: 20\n");
  const restored = await start("--restore", backup);
  await restored.told(/Restored, with the settings of .*data\/latchkey\.yaml\./);
  const withSettings = await restored.latchkey("backup", "--out", "one.backup");
  assert.match(withSettings.stdout, /The settings are not in it: save .*data\/latchkey\.yaml, and the files that it names, too\.$/m);
  await rm(join(folder, "data", "latchkey.yaml"));
  const without = await restored.latchkey("backup", "--out", "three.backup");
  assert.equal(without.code, 0, without.stderr);
  assert.doesNotMatch(without.stdout, /settings/);
});

test("a torn backup leaves nothing in the way of a whole one, and neither does a restore that was killed", async (t) => {
  const { folder, bringPassphrase, start, restore } = await newHost(t);
  await bringPassphrase();
  const torn = join(folder, "torn.backup");
  await writeFile(torn, (await readFile(backup)).subarray(0, -100));
  const failed = await restore(torn);
  assert.equal(failed.exitCode, 1);
  assert.match(failed.printed, /^latchkey: The backup is torn or was changed: nothing was restored\.$/m);
  assert.deepEqual(await readdir(join(folder, "data", "keys")), []);
  // As it is killed after the keys, and before the store: the keys are there.
  await cp(join(lost.data, "keys"), join(folder, "data", "keys"), { recursive: true });
  const restored = await start("--restore", backup);
  assert.match((await restored.latchkey("list")).stdout, /Anna's phone/);
});

test("keys of another CA are never replaced", async (t) => {
  const { folder, bringPassphrase, restore } = await newHost(t);
  await bringPassphrase();
  await mkdir(join(folder, "data", "keys"), { recursive: true });
  await writeFile(join(folder, "data", "keys", "devices.key"), "another CA's");
  const refused = await restore(backup);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.printed, /^latchkey: data\/keys\/devices\.key is another CA's: restore into an empty data folder \(--data\)\./);
  assert.equal(await readFile(join(folder, "data", "keys", "devices.key"), "utf8"), "another CA's");
});
