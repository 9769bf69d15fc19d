import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { findPassphrase, type PassphraseSearch } from "../../../services/ca/keys/passphrase.js";
import { temporaryFolder } from "../../interop/program.js";

interface House {
  readonly folder: string;
  readonly search: PassphraseSearch;
  readonly defaultFile: string;
}

/** A home folder of its own, a data folder `a1b2`, and nothing set. */
function house(t: TestContext): House {
  const folder = temporaryFolder(t);
  const search = { environment: { HOME: folder }, dataId: "a1b2", isFirstRun: false };
  return { folder, search, defaultFile: join(folder, ".config", "latchkey", "a1b2.passphrase") };
}

function write(path: string, text: string): string {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

test("the first run makes a passphrase file outside the data folder, which the second finds", async (t) => {
  const { search, defaultFile } = house(t);
  const made = await findPassphrase({ ...search, isFirstRun: true });
  assert.deepEqual({ ...made, passphrase: "" }, { passphrase: "", source: "default-file", path: defaultFile, isNew: true });
  assert.ok(made.passphrase.length >= 43, "256 bits");
  assert.equal(readFileSync(defaultFile, "utf8"), `${made.passphrase}\n`);
  assert.equal(statSync(defaultFile).mode & 0o777, 0o600);
  assert.deepEqual(await findPassphrase(search), { ...made, isNew: false });
});

test("each source goes before the next", async (t) => {
  const { folder, search, defaultFile } = house(t);
  const prompt = async () => "typed";
  assert.deepEqual(await findPassphrase({ ...search, prompt }), { passphrase: "typed", source: "prompt", isNew: false });
  write(defaultFile, "default\n");
  assert.equal((await findPassphrase({ ...search, prompt })).source, "default-file");
  write(join(folder, "credentials", "latchkey-passphrase"), "systemd");
  const environment = { ...search.environment, CREDENTIALS_DIRECTORY: join(folder, "credentials") };
  assert.deepEqual(await findPassphrase({ ...search, environment }), { passphrase: "systemd", source: "systemd", isNew: false });
  const withVariable = { ...environment, LATCHKEY_PASSPHRASE: "variable" };
  assert.equal((await findPassphrase({ ...search, environment: withVariable })).passphrase, "variable");
  const settingsFile = write(join(folder, "mine"), "settings\r\n");
  assert.deepEqual(await findPassphrase({ ...search, environment: withVariable, settingsFile }), {
    passphrase: "settings",
    source: "settings-file",
    path: settingsFile,
    isNew: false,
  });
});

test("XDG_CONFIG_HOME moves the default file", async (t) => {
  const { folder, search } = house(t);
  const { path } = await findPassphrase({ ...search, environment: { XDG_CONFIG_HOME: join(folder, "xdg") }, isFirstRun: true });
  assert.equal(path, join(folder, "xdg", "latchkey", "a1b2.passphrase"));
});

test("a later run without any says which file is missing, and makes none", async (t) => {
  const { search, defaultFile } = house(t);
  await assert.rejects(
    findPassphrase(search),
    (error: Error) => "code" in error && error.code === "PASSPHRASE_MISSING" && error.message.includes(defaultFile),
  );
  assert.throws(() => statSync(defaultFile), { code: "ENOENT" });
});

test("a settings' file that is missing or empty is an error, not a reason to look further", async (t) => {
  const { folder, search, defaultFile } = house(t);
  write(defaultFile, "default\n");
  await assert.rejects(findPassphrase({ ...search, settingsFile: join(folder, "missing") }), { code: "SETTINGS_INVALID" });
  await assert.rejects(findPassphrase({ ...search, settingsFile: write(join(folder, "empty"), "\n") }), { code: "SETTINGS_INVALID" });
});
