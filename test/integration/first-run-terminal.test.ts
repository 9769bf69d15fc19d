import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openScreen, type TestScreen } from "../support/screen.js";
import { LATCHKEY } from "../support/transcript.js";

const PORTS = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--enroll", "127.0.0.1:0", "--lan", "127.0.0.0/8"];
const QUESTION = /^Domain, or Enter to go on without one \(it can be added later\): ?$/m;

/** An empty folder, in which `latchkey` is run at a terminal. */
async function house(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-terminal-"));
  const terminals: TestScreen[] = [];
  t.after(async () => {
    for (const terminal of terminals) terminal.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    folder,
    async latchkey(...args: string[]): Promise<TestScreen> {
      const environment = { HOME: folder, XDG_CONFIG_HOME: join(folder, "config") };
      const terminal = await openScreen([process.execPath, LATCHKEY, ...args], folder, environment);
      terminals.push(terminal);
      return terminal;
    },
  };
}

const serve = ["serve", ...PORTS, "--enroll-host", "localhost"];

test("the first run's question stands on the screen, and is asked again after a typo, which leaves nothing behind", async (t) => {
  const { folder, latchkey } = await house(t);
  const terminal = await latchkey(...serve);
  await terminal.waitFor(QUESTION);
  await terminal.type("foo bar");
  await terminal.press("Enter");
  await terminal.waitFor(/"foo bar" can't be a domain of the site: it is not a DNS name.*\nDomain, or Enter/s);
  assert.deepEqual(await readdir(folder), []);
  await terminal.type("home.example.com");
  await terminal.press("Enter");
  const screen = await terminal.waitFor(/Ctrl-C stops it/);
  assert.match(screen, /^Domain, or Enter .*: home\.example\.com$/m);
  await terminal.press("C-c");
  assert.equal(await terminal.ended(), 0);
});

test("three typos end the first run with nothing made, and the next start asks again", async (t) => {
  const { folder, latchkey } = await house(t);
  const terminal = await latchkey(...serve);
  for (const typo of ["foo bar", "com", "https://home.example.com"]) {
    await terminal.waitFor(QUESTION);
    await terminal.type(typo);
    await terminal.press("Enter");
    await terminal.waitFor(new RegExp(`"${typo}" can't be a domain`));
  }
  assert.equal(await terminal.ended(), 1);
  assert.deepEqual(await readdir(folder), []);
  await (await latchkey(...serve)).waitFor(QUESTION);
});

for (const key of ["C-c", "C-d"] as const) {
  test(`${key} at the question ends quietly, with nothing made`, async (t) => {
    const { folder, latchkey } = await house(t);
    const terminal = await latchkey(...serve);
    await terminal.waitFor(QUESTION);
    await terminal.press(key);
    assert.equal(await terminal.ended(), 130);
    const [, ...after] = (await terminal.screen()).split(/^Domain, or Enter .*$/m);
    assert.equal(
      after
        .join()
        .replace(/Pane is dead.*/, "")
        .trim(),
      "Nothing was made.",
    );
    assert.deepEqual(await readdir(folder), []);
  });
}

test("a first run that ended before it made authorities is still the first one", async (t) => {
  const { folder, latchkey } = await house(t);
  await writeFile(join(folder, "latchkey.yaml"), "keys:\n  passphraseFile: ./not-there\n");
  await (await latchkey("serve", "--data", folder, ...PORTS, "--domain", "home.example.com")).ended();
  assert.ok(existsSync(join(folder, "store")));
  await rm(join(folder, "latchkey.yaml"));
  await (await latchkey("serve", "--data", folder, ...PORTS)).waitFor(QUESTION);
});

test("recovering an operator where no CA is makes none", async (t) => {
  const { folder, latchkey } = await house(t);
  const terminal = await latchkey("operator", "add", "boss", "--role", "admin", "--local", "--out", "boss");
  assert.equal(await terminal.ended(), 1);
  assert.match(await terminal.screen(), /There is no CA in \.\/data/);
  assert.ok(!existsSync(join(folder, "data")));
  assert.ok(!existsSync(join(folder, "config")));
});

test("the question for a secret stands on the screen, and what is typed does not", async (t) => {
  const { folder, latchkey } = await house(t);
  const terminal = await latchkey(...serve, "--domain", "home.example.com");
  await terminal.waitFor(/Ctrl-C stops it/);
  const asking = await latchkey("domain", "add", "other.example.com");
  await asking.waitFor(/^Recovery passphrase \(it was shown at the first run\): ?$/m);
  await asking.type("KNOWN-TO-NOBODY");
  await asking.press("Enter");
  assert.equal(await asking.ended(), 1);
  assert.doesNotMatch(await asking.screen(), /KNOWN/);
  assert.match(await asking.screen(), /latchkey: This is not the recovery passphrase/);
  const canceled = await latchkey("domain", "add", "other.example.com");
  await canceled.waitFor(/^Recovery passphrase/m);
  await canceled.press("C-c");
  assert.equal(await canceled.ended(), 130);
  assert.ok(existsSync(join(folder, "data")));
});

test("the events of the CA and of its enrolment service are readable lines at a terminal", async (t) => {
  const { latchkey } = await house(t);
  const terminal = await latchkey(...serve, "--domain", "home.example.com");
  const screen = await terminal.waitFor(/Ctrl-C stops it/);
  assert.match(screen, /^\d\d:\d\d:\d\d service\.started service=ca/m);
  assert.match(screen, /^\d\d:\d\d:\d\d enrollment\.started address=127\.0\.0\.1:\d+/m);
  assert.doesNotMatch(screen, /"event":/);
});
