import assert from "node:assert/strict";
import { mkdtempSync, statSync } from "node:fs";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CommandError, type OwnCode } from "../../../clients/cli/error.js";
import { inNewFolder, makeFolder, removeIfEmpty } from "../../../clients/cli/make-folder.js";
import { readNamed } from "../../../clients/cli/read-named.js";
import { refuseUnwritable, writeWhole } from "../../../clients/cli/write-whole.js";

const folder = mkdtempSync(join(tmpdir(), "latchkey-files-"));
after(() => rm(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

/** Refuses with this code and a sentence that names the file, without the name of a system call. */
const refuses = (work: Promise<unknown>, code: OwnCode, path: string) =>
  assert.rejects(work, (error) => {
    assert.ok(error instanceof CommandError, String(error));
    assert.equal(error.code, code, error.message);
    assert.ok(error.message.includes(path), error.message);
    assert.doesNotMatch(error.message, /ENO|EACC|EIS|EEXIST/);
    return true;
  });

test("a file that was named is read whole, from a pipe too", async () => {
  await writeFile(at("request"), "r".repeat(100_000));
  assert.equal((await readNamed(at("request"), "The request", 100_000)).length, 100_000);
  assert.equal((await readNamed("/dev/null", "The request", 10)).length, 0);
});

test("one that is not there, a folder, one that can't be read and one without an end are each told apart", async () => {
  await refuses(readNamed(at("missing"), "The request", 10), "FILE_NOT_FOUND", at("missing"));
  await refuses(readNamed(at("request/inside"), "The request", 10), "FILE_NOT_FOUND", at("request/inside"));
  await refuses(readNamed(folder, "The request", 10), "FILE_UNREADABLE", folder);
  // Not even root can read at the beginning of its own memory.
  await refuses(readNamed("/proc/self/mem", "The request", 10), "FILE_UNREADABLE", "/proc/self/mem");
  await refuses(readNamed("/dev/zero", "The request", 1_000_000), "FILE_TOO_LARGE", "/dev/zero");
  await refuses(readNamed(at("request"), "The request", 99_999), "FILE_TOO_LARGE", at("request"));
});

test("a secret is written for its owner alone, and not over another file unless that is said", async () => {
  await writeWhole(at("bundle"), "first", { secret: true, force: false });
  assert.equal(statSync(at("bundle")).mode & 0o777, 0o600);
  await refuses(writeWhole(at("bundle"), "second", { secret: true, force: false }), "FILE_EXISTS", at("bundle"));
  assert.equal(await readFile(at("bundle"), "utf8"), "first");
  await writeWhole(at("bundle"), "second", { secret: true, force: true });
  assert.equal(await readFile(at("bundle"), "utf8"), "second");
});

test("a folder, and a place in no folder, can't be written: that is said before anything is done, and with --force too", async () => {
  for (const force of [false, true]) {
    await refuses(refuseUnwritable(folder, force, ""), "WRITE_FAILED", folder);
    await refuses(refuseUnwritable(at("nowhere/file"), force, ""), "WRITE_FAILED", at("nowhere"));
    await refuses(refuseUnwritable(at("bundle/file"), force, ""), "WRITE_FAILED", at("bundle"));
    await refuses(writeWhole(folder, "text", { secret: false, force }), "WRITE_FAILED", folder);
  }
});

test("a name that can't be looked at is refused beforehand, and not taken for a file that is not there yet", async () => {
  await symlink(at("around"), at("around"));
  const tooLong = at("n".repeat(300));
  for (const path of [at("around"), tooLong, at("around/inside")]) {
    await refuses(refuseUnwritable(path, false, "Nothing was issued."), "WRITE_FAILED", path);
    await assert.rejects(refuseUnwritable(path, true, "Nothing was issued."), /Nothing was issued\.$/);
  }
});

test("a folder that is empty goes, one that is not stays, and one that is gone is no mistake", async () => {
  await mkdir(at("empty"));
  await mkdir(at("holding/inside"), { recursive: true });
  for (const name of ["empty", "holding", "gone"]) await removeIfEmpty(at(name));
  const left = await readdir(folder);
  assert.deepEqual([left.includes("empty"), left.includes("holding")], [false, true]);
});

test("what breaks off leaves the file that was there, and no half of its own", async () => {
  async function* breaksOff() {
    yield Buffer.from("half");
    throw new RangeError("the CA went away");
  }
  await writeFile(at("backup"), "whole");
  await assert.rejects(writeWhole(at("backup"), breaksOff(), { secret: true, force: true }), RangeError);
  assert.equal(await readFile(at("backup"), "utf8"), "whole");
  assert.ok(!(await readdir(folder)).some((name) => name.includes(".new")));
});

test("a device stays a device, and a link a link", async () => {
  await writeWhole("/dev/null", "gone", { secret: false, force: true });
  assert.ok(statSync("/dev/null").isCharacterDevice());
  await writeFile(at("target"), "old");
  await symlink(at("target"), at("link"));
  await writeWhole(at("link"), "new", { secret: false, force: true });
  assert.equal(await readFile(at("target"), "utf8"), "new");
});

test("a folder is made for its owner alone, or it is said what is in its place", async () => {
  await makeFolder(at("data/deep"), "The data folder");
  assert.equal(statSync(at("data/deep")).mode & 0o777, 0o700);
  await refuses(makeFolder(at("bundle"), "The data folder"), "WRITE_FAILED", at("bundle"));
  await refuses(makeFolder(at("bundle/deep"), "The data folder"), "WRITE_FAILED", at("bundle/deep"));
});

test("a credential's folder is new; it goes again when the work fails, and what was written into it stays", async () => {
  await mkdir(at("full"));
  await writeFile(at("full/file"), "");
  await refuses(
    inNewFolder(at("full"), "The folder", async () => {}),
    "FILE_EXISTS",
    at("full"),
  );
  const fails = async () => {
    throw new RangeError("refused");
  };
  await assert.rejects(inNewFolder(at("credential"), "The folder", fails), RangeError);
  assert.ok(!(await readdir(folder)).includes("credential"));
  const failsLate = async () => {
    await writeFile(at("credential/operator.key"), "a key");
    throw new RangeError("refused");
  };
  await assert.rejects(inNewFolder(at("credential"), "The folder", failsLate), RangeError);
  assert.deepEqual(await readdir(at("credential")), ["operator.key"]);
});
