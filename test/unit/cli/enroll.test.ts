import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isFirstLine, parseFingerprint, showFingerprint } from "../../../clients/cli/enroll/fingerprint.js";
import { macosSteps } from "../../../clients/cli/enroll/install/macos.js";
import { nssSteps, ownDatabase } from "../../../clients/cli/enroll/install/nss.js";
import type { Installation, Step } from "../../../clients/cli/enroll/install/step.js";
import { storeOf } from "../../../clients/cli/enroll/install/system-store.js";
import { windowsSteps } from "../../../clients/cli/enroll/install/windows.js";
import { parseLink } from "../../../clients/cli/enroll/link.js";
import { CommandError } from "../../../clients/cli/error.js";

const TOKEN = "5p0jpgM2oyhqABPLGVEcZg";
const isUsage = (error: unknown) => error instanceof CommandError && error.code === "USAGE";

test("a link is a host, a port and a token, however the host is written", () => {
  const rows = {
    [`https://192.168.1.20:8443/i/${TOKEN}`]: ["192.168.1.20", 8443],
    [` https://house.lan/i/${TOKEN}\n`]: ["house.lan", 443],
    [`https://[fd00::1]:8443/i/${TOKEN}?lang=de#step`]: ["fd00::1", 8443],
  };
  for (const [url, [host, port]] of Object.entries(rows)) assert.deepEqual(parseLink(url), { host, port, token: TOKEN });
});

test("what is no link of an invitation is refused, and its token is not repeated", () => {
  const links = [
    `http://h/i/${TOKEN}`,
    `https://h/${TOKEN}`,
    `https://h/i/${TOKEN}x`,
    `https://me@h/i/${TOKEN}`,
    `https://h/i/${TOKEN}/`,
    "",
  ];
  for (const link of links) {
    assert.throws(
      () => parseLink(link),
      (error: Error) => isUsage(error) && !error.message.includes(TOKEN),
      link,
    );
  }
});

test("a fingerprint is read with and without colons, in any case, and shown as phones show it", () => {
  const shown = Array.from({ length: 32 }, (_, at) => at.toString(16).padStart(2, "0").toUpperCase()).join(":");
  for (const written of [shown, shown.toLowerCase(), shown.replaceAll(":", ""), shown.replaceAll(":", " "), ` ${shown}\n`])
    assert.equal(showFingerprint(parseFingerprint(written)), shown);
  for (const wrong of ["", "AB:CD", `${shown}:00`, shown.replace("00", "0G")]) assert.throws(() => parseFingerprint(wrong), isUsage, wrong);
});

const INSTALLATION: Installation = {
  bundle: "/home/a b/bundle.p12",
  passphrase: "aaaa-bbbb-cccc-dddd",
  root: "/tmp/root.pem",
  rootName: "Latchkey",
};
const STEPS: Readonly<Record<string, (installation: Installation) => readonly Step[]>> = {
  NSS: (installation) => nssSteps("/home/a b/.pki/nssdb", installation),
  macOS: (installation) => macosSteps("/Users/a/login.keychain-db", installation),
  Windows: windowsSteps,
};

for (const [name, stepsFor] of Object.entries(STEPS)) {
  test(`${name}: first the bundle, then the root; the passphrase stands in no argument and no variable`, () => {
    const steps = stepsFor(INSTALLATION);
    assert.equal(steps.length, 2);
    for (const { program, args, environment = {} } of steps)
      assert.ok(!JSON.stringify([program, args, environment]).includes(INSTALLATION.passphrase));
    const [bundle, root] = steps.map((step) => JSON.stringify([step.args, step.environment]));
    assert.ok(bundle?.includes(INSTALLATION.bundle) && !bundle.includes("root.pem"));
    assert.ok(root?.includes("/tmp/root.pem"));
  });

  test(`${name}: where the system knows the house already, no root is trusted`, () => {
    assert.equal(stepsFor({ ...INSTALLATION, root: undefined }).length, 1);
  });
}

test("NSS gets the passphrase from a file, Windows over standard input; macOS asks for it in a window", () => {
  const given = (name: string) => {
    const { input, secretFile } = STEPS[name]?.(INSTALLATION)[0] ?? {};
    return { input, file: secretFile?.content };
  };
  const line = `${INSTALLATION.passphrase}\n`;
  assert.deepEqual(given("NSS"), { input: undefined, file: line });
  assert.deepEqual(given("Windows"), { input: line, file: undefined });
  assert.deepEqual(given("macOS"), { input: undefined, file: undefined });
});

test("the whole of each command, as it would be typed", () => {
  const typed = (name: string) => STEPS[name]?.(INSTALLATION).map(({ program, args }) => [program, ...args].join(" "));
  assert.deepEqual(typed("NSS"), [
    "pk12util -i /home/a b/bundle.p12 -d sql:/home/a b/.pki/nssdb -w /home/a b/bundle.p12.passphrase",
    "certutil -A -d sql:/home/a b/.pki/nssdb -n Latchkey -t C,, -i /tmp/root.pem",
  ]);
  assert.deepEqual(typed("macOS"), [
    "security import /home/a b/bundle.p12 -f pkcs12 -k /Users/a/login.keychain-db",
    "security add-trusted-cert -r trustRoot -p ssl -k /Users/a/login.keychain-db /tmp/root.pem",
  ]);
  assert.match(
    typed("Windows")?.[0] ?? "",
    /^powershell\.exe -NoProfile -NonInteractive -Command .*Import-PfxCertificate -FilePath \$env:LATCHKEY_BUNDLE/,
  );
  assert.equal(typed("Windows")?.[1], "certutil.exe -user -addstore Root /tmp/root.pem");
});

test("this user's own NSS database is the one that Chromium reads: a new one hides none that is there", async () => {
  const home = await mkdtemp(join(tmpdir(), "latchkey-nss-"));
  try {
    assert.equal(ownDatabase(home), join(home, ".pki/nssdb"));
    await mkdir(join(home, ".local/share/pki/nssdb"), { recursive: true });
    assert.equal(ownDatabase(home), join(home, ".local/share/pki/nssdb"));
    await mkdir(join(home, ".pki/nssdb"), { recursive: true });
    assert.equal(ownDatabase(home), join(home, ".pki/nssdb"));
  } finally {
    await rm(home, { recursive: true });
  }
});

test("the first of the two lines of a fingerprint is told from a whole one", () => {
  assert.ok(isFirstLine("AB:".repeat(16)) && isFirstLine("ab".repeat(16)));
  for (const other of ["", "AB:CD", "AB:".repeat(32), "zz".repeat(16)]) assert.ok(!isFirstLine(other), other);
});

test("each system has its store, and a named NSS database counts everywhere", () => {
  assert.equal(storeOf("linux", undefined).name, `the NSS database ${ownDatabase(homedir())}`);
  assert.match(storeOf("darwin", undefined).name, /keychain/);
  assert.match(storeOf("win32", undefined).name, /certificate store/);
  for (const platform of ["linux", "darwin", "win32"] as const)
    assert.equal(storeOf(platform, "sql:/profile").name, "the NSS database /profile");
});
