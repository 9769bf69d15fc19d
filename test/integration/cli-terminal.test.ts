import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServe, type TestServe } from "../support/serve.js";
import { KEY, openTerminal, type TestTerminal } from "../support/terminal.js";
import { LATCHKEY } from "../support/transcript.js";

const ADDRESSES = "--grpc 127.0.0.1:0 --http 127.0.0.1:0 --enroll 127.0.0.1:0 --enroll-host localhost --lan 127.0.0.0/8";
/** A hook that registers and is gone. */
const WATCH_ONCE = fileURLToPath(new URL("../support/watch-once.js", import.meta.url));

/** `latchkey …` at a terminal, and after it what the terminal's settings are: does it show again what is typed? */
function atTerminal(t: { after(work: () => void): void }, words: string, folder: string): TestTerminal {
  const env = { HOME: folder, XDG_CONFIG_HOME: join(folder, "config"), LATCHKEY_DATA: join(folder, "data") };
  // The shell outlives a Ctrl-C that the program answers itself.
  const line = `trap : INT; '${process.execPath}' '${LATCHKEY}' ${words}; code=$?; stty -a | grep -q ' echo ' && echo 'it echoes again'; exit $code`;
  const terminal = openTerminal(line, { cwd: folder, env });
  t.after(() => terminal.hangUp());
  return terminal;
}

/** Nothing of a secret was ever written, not even to be wiped away at once. */
function assertUnseen({ written }: TestTerminal, secret: string): void {
  for (const group of secret.split("-").filter(({ length }) => length >= 4))
    assert.ok(!written.includes(group), "a part of the secret was written to the terminal");
}

describe("the recovery passphrase at `domain add`", () => {
  const QUESTION = /^Recovery passphrase \(it was shown at the first run\):/m;
  let serve: TestServe;
  let passphrase: string;
  before(async () => {
    serve = await startServe();
    const config = join(serve.folder, "config", "latchkey");
    const [file = ""] = (await readdir(config)).filter((name) => name.endsWith(".recovery"));
    passphrase = (await readFile(join(config, file), "utf8")).trim();
  });
  after(async () => {
    await serve.end("SIGTERM");
    await serve.remove();
  });
  const add = (t: { after(work: () => void): void }, domain: string) => atTerminal(t, `domain add ${domain}`, serve.folder);
  const domains = async () => (JSON.parse((await serve.latchkey("status", "--json")).stdout) as { domains: string[] }).domains;

  test("is not shown while it is typed, and a mistake can be taken back", async (t) => {
    const terminal = add(t, "typed.example.com");
    await terminal.shows(QUESTION);
    terminal.type(`${passphrase.slice(0, 12)}WRONG${KEY.backspace.repeat(5)}${passphrase.slice(12)}`);
    terminal.type(KEY.enter);
    await terminal.shows(/typed\.example\.com is permitted/);
    assert.equal(await terminal.ended(), 0);
    assert.match(await terminal.screen(), QUESTION, "the question still stands there");
    assertUnseen(terminal, passphrase);
    assert.match(await terminal.screen(), /it echoes again/);
  });

  test("can be pasted, with the spaces and the line end that came along, in small letters", async (t) => {
    const terminal = add(t, "pasted.example.com");
    await terminal.shows(QUESTION);
    terminal.paste(`  ${passphrase.toLowerCase().replaceAll("-", " ")} \r`);
    await terminal.shows(/pasted\.example\.com is permitted/);
    assert.equal(await terminal.ended(), 0);
    assertUnseen(terminal, passphrase);
    assertUnseen(terminal, passphrase.toLowerCase());
  });

  test("a wrong one is refused, unseen, too", async (t) => {
    const terminal = add(t, "wrong.example.com");
    await terminal.shows(QUESTION);
    terminal.type(`junk${KEY.ctrlU}ABCD-EFGH${KEY.enter}`);
    await terminal.shows(/latchkey: This is not the recovery passphrase/);
    assert.equal(await terminal.ended(), 1);
    assertUnseen(terminal, "junk-ABCD-EFGH");
  });

  for (const [name, key] of [
    ["Ctrl-C", KEY.ctrlC],
    ["Ctrl-D", KEY.ctrlD],
  ] as const) {
    test(`${name} at the question ends it at once: nothing is changed, and the terminal shows again what is typed`, async (t) => {
      const before = await domains();
      const terminal = add(t, "interrupted.example.com");
      await terminal.shows(QUESTION);
      terminal.type(key);
      assert.equal(await terminal.ended(), 130);
      assert.match(await terminal.screen(), /^Interrupted at the question: nothing was done\.\nit echoes again$/m);
      assert.doesNotMatch(terminal.written, /Abort|node:|readline|Warning/);
      assert.deepEqual(await domains(), before);
    });
  }

  test("a yes-or-no question takes Enter for no, and Ctrl-C for the end", async (t) => {
    assert.equal((await serve.latchkey("issue", "Annas phone", "--bundle", join(serve.folder, "annas.p12"))).code, 0);
    for (const [key, code, said] of [
      [KEY.enter, 1, /latchkey: .*Nothing was changed\./],
      [KEY.ctrlC, 130, /Interrupted at the question/],
    ] as const) {
      const terminal = atTerminal(t, "hold Annas", serve.folder);
      await terminal.shows(/\[y\/N\]/);
      terminal.type(key);
      assert.equal(await terminal.ended(), code);
      assert.match(await terminal.screen(), said);
    }
    const terminal = atTerminal(t, "hold Annas", serve.folder);
    await terminal.shows(/\[y\/N\]/);
    terminal.type(`y${KEY.enter}`);
    await terminal.shows(/Held Annas phone/);
    assert.equal(await terminal.ended(), 0);
  });
});

describe("the passphrase of the keys, where no file holds it", () => {
  const QUESTION = /^Passphrase of the CA's keys:/m;
  let serve: TestServe;
  let passphrase: string;
  before(async () => {
    serve = await startServe();
    await serve.end("SIGTERM");
    const config = join(serve.folder, "config", "latchkey");
    const [file = ""] = (await readdir(config)).filter((name) => name.endsWith(".passphrase"));
    passphrase = (await readFile(join(config, file), "utf8")).trim();
    // The owner keeps it elsewhere: in the head, in a drawer.
    await rename(join(config, file), join(serve.folder, "in a drawer"));
  });
  after(() => serve.remove());

  test("`serve` asks for it, unseen, and serves; Ctrl-C stops that", async (t) => {
    const terminal = atTerminal(t, `serve ${ADDRESSES}`, serve.folder);
    await terminal.shows(QUESTION);
    terminal.paste(`${passphrase}${KEY.enter}`);
    await terminal.shows(/Ctrl-C stops it/);
    assert.match(await terminal.screen(), QUESTION);
    assertUnseen(terminal, passphrase);
    terminal.type(KEY.ctrlC);
    assert.equal(await terminal.ended(), 0);
    assert.match(await terminal.screen(), /^Stopping\.$/m);
  });

  test("a wrong one is refused in words; Ctrl-C at the question ends it; both leave the data folder free", async (t) => {
    const wrong = atTerminal(t, `serve ${ADDRESSES}`, serve.folder);
    await wrong.shows(QUESTION);
    wrong.type(`not it${KEY.enter}`);
    assert.equal(await wrong.ended(), 1);
    assert.match(await wrong.screen(), /latchkey: The passphrase does not open the key/);
    assertUnseen(wrong, "not it");

    const interrupted = atTerminal(t, `serve ${ADDRESSES}`, serve.folder);
    await interrupted.shows(QUESTION);
    interrupted.type(KEY.ctrlC);
    assert.equal(await interrupted.ended(), 130);
    assert.match(await interrupted.screen(), /^Interrupted at the question: nothing was done\.\nit echoes again$/m);
    assert.ok(!existsSync(join(serve.data, "run.json")) && !existsSync(join(serve.data, "store.pid")));
  });
});

describe("the domain at the first run", () => {
  const QUESTION = /^Domain, or Enter to go on without one \(it can be added later\):/m;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "latchkey first run "));
  });
  after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  test("Ctrl-C at the question ends it before anything is made", async (t) => {
    const terminal = atTerminal(t, `serve ${ADDRESSES}`, folder);
    await terminal.shows(QUESTION);
    terminal.type(`home.exam${KEY.ctrlC}`);
    assert.equal(await terminal.ended(), 130);
    assert.match(await terminal.screen(), /^Nothing was made\.$/m);
    assert.deepEqual(await readdir(folder), []);
  });

  test("is the CA's, as it was typed, with a mistake taken back; it is asked for once", async (t) => {
    const terminal = atTerminal(t, `serve ${ADDRESSES}`, folder);
    await terminal.shows(QUESTION);
    assert.ok(!existsSync(join(folder, "data")), "nothing is made before the question is answered");
    terminal.type(`home.exampel${KEY.backspace}${KEY.backspace}le.com${KEY.enter}`);
    await terminal.shows(/Ctrl-C stops it/);
    assert.match(await terminal.screen(), /: home\.example\.com$/m, "what was typed stands there, beside the question");
    assert.match(await terminal.screen(), /\b[0-9A-Z]{4}(-[0-9A-Z]{4}){6}\b/);
    terminal.type(KEY.ctrlC);
    assert.equal(await terminal.ended(), 0);
    const again = atTerminal(t, `serve ${ADDRESSES}`, folder);
    await again.shows(/Ctrl-C stops it/);
    assert.doesNotMatch(again.written, /Domain, or Enter/);
    const status = atTerminal(t, "status", folder);
    await status.shows(/home\.example\.com/);
    again.type(KEY.ctrlC);
    assert.equal(await again.ended(), 0);
  });
});

describe("a revocation that nobody enforces yet", () => {
  let serve: TestServe;
  before(async () => {
    serve = await startServe();
    // A door that has registered, and never reports.
    await succeeded(serve, "operator", "add", "door", "--role", "nginx", "--server-name", "door.home.arpa", "--out", "door");
    execFileSync(process.execPath, [WATCH_ONCE, join(serve.folder, "door")]);
    for (const name of ["Phone", "Tablet", "Laptop"]) await succeeded(serve, "issue", name, "--bundle", `${name}.p12`);
  });
  after(async () => {
    await serve.end("SIGTERM");
    await serve.remove();
  });

  test("says at a terminal what it waits for and how long, and names who does not enforce it", async (t) => {
    const terminal = atTerminal(t, "revoke Phone --wait 3s", serve.folder);
    await terminal.shows(/^Revoked Phone.*\n *Waiting for the nginx hooks to enforce it, up to 3 s …/m);
    await terminal.shows(/up to 3 s …\n *NOT ENFORCED by door: it is not connected/);
    assert.equal(await terminal.ended(), 4);
  });

  test("says nothing of a wait that is over before anybody wonders", async (t) => {
    const terminal = atTerminal(t, "revoke Tablet --wait 1s", serve.folder);
    await terminal.shows(/NOT ENFORCED by door/);
    assert.equal(await terminal.ended(), 4);
    assert.doesNotMatch(await terminal.screen(), /Waiting/);
  });

  test("says it neither to a script, nor beside JSON at a terminal", async (t) => {
    const { code, stdout, stderr } = await serve.latchkey("hold", "Laptop", "--wait", "2s");
    assert.equal(code, 4);
    assert.match(stdout, /NOT ENFORCED by door/);
    assert.doesNotMatch(stdout + stderr, /Waiting/);
    const terminal = atTerminal(t, "revoke Laptop --wait 2s --json", serve.folder);
    await terminal.shows(/"pending": \[\n? *"door"/);
    assert.equal(await terminal.ended(), 4);
    assert.doesNotMatch(await terminal.screen(), /Waiting/);
  });
});

async function succeeded(serve: TestServe, ...words: string[]): Promise<void> {
  const { code, stderr } = await serve.latchkey(...words);
  assert.equal(code, 0, stderr);
}
