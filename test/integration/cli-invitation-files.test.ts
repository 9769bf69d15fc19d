import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { call } from "../../clients/connect/connect.js";
import { readCredential, writeCredential } from "../../clients/connect/credential.js";
import { ListInvitationsRequest } from "../../generated/latchkey/v1/invitation_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { startChromium, type TestBrowser } from "../support/chromium.js";
import { startWire } from "../support/enroll-command.js";
import { openScreen } from "../support/screen.js";
import type { Output } from "../support/serve.js";
import { LATCHKEY } from "../support/transcript.js";

let world: TestAuthority;
let folder: string;
let browser: TestBrowser;
before(async () => {
  world = await startTestAuthority();
  folder = mkdtempSync(join(tmpdir(), "latchkey-sheets-"));
  browser = await startChromium({ deviceScaleFactor: 2 });
});
after(async () => {
  await browser.close();
  await world.stop();
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const mode = (name: string) => statSync(at(name)).mode & 0o777;
const text = (name: string) => readFileSync(at(name), "utf8");

const invite = (name: string, ...flags: string[]) => latchkey("invite", name, "--credential", world.ca.operatorFolder, ...flags);

function latchkey(...words: string[]): Promise<Output> {
  return new Promise((resolve) => {
    execFile(process.execPath, [LATCHKEY, ...words], { cwd: folder, env: { PATH: process.env.PATH ?? "" } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, stdout, stderr }),
    );
  });
}

interface Invited {
  readonly url: string;
  readonly token: string;
  readonly passphrase: string;
  readonly caFingerprint: string;
}

async function invited(name: string, ...flags: string[]): Promise<Invited> {
  const { code, stdout, stderr } = await invite(name, ...flags, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Invited;
}

const invitationsOf = async (name: string) => {
  const { invitations } = await call(world.connection.invitations, "listInvitations", ListInvitationsRequest.create({ pageSize: 100 }));
  return invitations.filter(({ deviceName }) => deviceName === name).map(({ state }) => state);
};

const decode = (picture: string) => execFileSync("zbarimg", ["-q", "--raw", picture], { encoding: "utf8" }).trim();

/** What a phone's camera sees of a file that is open in a browser. */
async function photograph(name: string): Promise<string> {
  const page = await browser.context.newPage();
  // Chromium takes no picture of an SVG that is no part of a page.
  if (name.endsWith(".svg")) await page.setContent(text(name));
  else await page.goto(pathToFileURL(at(name)).href);
  const picture = at(`${name}.photo.png`);
  await page.screenshot({ path: picture, fullPage: true });
  await page.close();
  return picture;
}

async function printedPages(name: string, format: "A4" | "Letter"): Promise<number> {
  const page = await browser.context.newPage();
  await page.goto(pathToFileURL(at(name)).href);
  const pdf = (await page.pdf({ format })).toString("latin1");
  await page.close();
  return pdf.match(/\/Type \/Page\b/g)?.length ?? 0;
}

test("the code's picture is the link, as PNG and as SVG, for its owner alone", async () => {
  const { url } = await invited("by picture", "--png", "code.png", "--svg", "code.svg");
  assert.equal(decode(at("code.png")), url);
  assert.equal(decode(await photograph("code.svg")), url);
  assert.deepEqual([mode("code.png"), mode("code.svg")], [0o600, 0o600]);
});

test("two sheets: the code on the one, the passphrase on the other, and never both", async () => {
  const { url, token, passphrase, caFingerprint } = await invited("Anna's <phone>", "--print", "anna.html");
  assert.equal(decode(await photograph("anna.html")), url);
  const [code, words] = [text("anna.html"), text("anna-passphrase.html")];
  const flat = code.replaceAll(/<br>|\s/g, ":");
  for (const part of caFingerprint.match(/.{1,47}/g) ?? []) assert.ok(flat.includes(part.replace(/^:|:$/g, "")), part);
  for (const group of [passphrase, ...passphrase.split("-")]) assert.ok(!new RegExp(`\\b${group}\\b`).test(code), group);
  assert.ok(words.includes(passphrase));
  assert.ok(!words.includes(token) && !words.includes("<svg"));
  for (const sheet of [code, words]) {
    assert.ok(sheet.includes("Anna's &lt;phone&gt;") && sheet.includes("Good once, until"));
    assert.deepEqual(
      [...new Set(sheet.match(/#[0-9a-f]{3,6}\b/g))].filter((colour) => !/^#(0+|f+)$/.test(colour)),
      [],
      "black and white",
    );
    assert.doesNotMatch(sheet, /(src|href)=|url\(|@import/, "nothing from elsewhere");
  }
  assert.deepEqual([mode("anna.html"), mode("anna-passphrase.html")], [0o600, 0o600]);
});

test("each sheet fits one page, on A4 and on Letter, with the longest name too", async () => {
  await invited("W".repeat(64), "--print", "long.html");
  for (const name of ["long.html", "long-passphrase.html"])
    for (const format of ["A4", "Letter"] as const) assert.equal(await printedPages(name, format), 1, `${name} on ${format}`);
});

test("into a pipe neither the passphrase nor the link is written beside the sheets", async () => {
  const { code, stdout, stderr } = await invite("piped", "--print", "piped.html");
  assert.equal(code, 0, stderr);
  const [, passphrase = "?"] = /class="passphrase">([^<]+)</.exec(text("piped-passphrase.html")) ?? [];
  assert.match(passphrase, /^(\w{4}-){3}\w{4}$/);
  assert.ok(!`${stdout}${stderr}`.includes(passphrase) && !stdout.includes("/i/"), stdout);
  assert.match(stdout, /piped\.html {2}\(sheet with the code.*\n.*piped-passphrase\.html/);
});

test("at a terminal the invitation is shown as always, and the files named", async () => {
  const command = [process.execPath, LATCHKEY, "invite", "seen", "--credential", world.ca.operatorFolder, "--svg", "seen.svg"];
  const screen = await openScreen(command, folder, {});
  try {
    assert.match(await screen.waitFor(/seen\.svg/), /Passphrase {3}\w{4}-/);
    assert.equal(await screen.ended(), 0);
  } finally {
    screen.close();
  }
});

test("what could not be written, overwrites a file, or would leave the passphrase unseen is refused, and no invitation is made", async () => {
  writeFileSync(at("taken.html"), "mine");
  writeFileSync(at("free-passphrase.html"), "mine");
  const refusals: [string[], RegExp, number][] = [
    [["--print", "taken.html"], /taken\.html is there already.*No invitation was made/, 1],
    [["--print", "free.html"], /free-passphrase\.html is there already/, 1],
    [["--png", "nowhere/code.png", "--json"], /There is no folder nowhere/, 1],
    [["--png", "unseen.png"], /Nobody would see the passphrase.*No invitation was made/, 2],
    [["--print", "sheet.pdf"], /--print NAME\.html/, 2],
    [["--png", "same", "--svg", "same", "--json"], /the same name/, 2],
  ];
  for (const [flags, sentence, exitCode] of refusals) {
    const { code, stderr, stdout } = await invite("refused", ...flags);
    assert.deepEqual([code, stdout], [exitCode, ""], stderr);
    assert.match(stderr, sentence);
  }
  assert.deepEqual(await invitationsOf("refused"), []);
  assert.equal(text("taken.html"), "mine");
  assert.ok(!existsSync(at("free.html")) && !existsSync(at("unseen.png")));
  await invited("refused", "--print", "taken.html", "--force");
  assert.match(text("taken.html"), /<svg/);
  assert.equal(mode("taken.html"), 0o600);
});

test("an invitation whose file can't be written behind it is canceled: nobody has its link", async () => {
  // A device that is always full stays one, and takes nothing.
  const { code, stderr } = await invite("full disk", "--png", "/dev/full", "--json");
  assert.equal(code, 1, stderr);
  assert.match(stderr, /WRITE_FAILED.*no space left/);
  assert.deepEqual(await invitationsOf("full disk"), ["canceled"]);
});

test("when such an invitation can't be canceled either, it says so, and how to do it by hand", async () => {
  const credential = await readCredential(world.ca.operatorFolder);
  const wire = await startWire(world.ca.grpc, () => false);
  await writeCredential({ ...credential, folder: at("operator"), address: `127.0.0.1:${wire.port}` });
  // Who writes into a pipe waits for its reader: when the first is read, the invitation has come; before the second, the CA gets out of reach.
  execFileSync("mkfifo", [at("pipe.png"), at("pipe.svg")]);
  symlinkSync("/dev/full", at("full.html"));
  const files = ["--png", "pipe.png", "--svg", "pipe.svg", "--print", "full.html"];
  const inviting = invite("out of reach", ...files, "--json", "--credential", at("operator"));
  const ended = inviting.then(({ stderr }) => assert.fail(stderr));
  await Promise.race([readFile(at("pipe.png")), ended]);
  wire.close();
  await readFile(at("pipe.svg"));
  const { code, stderr } = await inviting;
  const failure = JSON.parse(stderr) as { code: string; message: string };
  assert.deepEqual([code, failure.code], [1, "WRITE_FAILED"], stderr);
  const [, id = ""] =
    /no space left on device\. The invitation could not be canceled, either.*`latchkey invitation cancel ([0-9a-f-]+)`/.exec(
      failure.message,
    ) ?? [];
  assert.deepEqual(await invitationsOf("out of reach"), ["open"]);
  await latchkey("invitation", "cancel", id, "--credential", world.ca.operatorFolder);
  assert.deepEqual(await invitationsOf("out of reach"), ["canceled"]);
});
