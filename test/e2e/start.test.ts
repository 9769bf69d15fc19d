import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PASSPHRASE = /\b[a-z2-9]{4}(-[a-z2-9]{4}){3}\b/;
const RECOVERY = /\b[0-9A-Z]{4}(-[0-9A-Z]{4}){6}\b/;
/** Colours, and where the cursor goes. */
const STYLING = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, "g");
const FLAGS = [
  "--grpc",
  "127.0.0.1:0",
  "--http",
  "127.0.0.1:0",
  "--enroll",
  "127.0.0.1:0",
  "--lan",
  "127.0.0.0/8",
  "--enroll-host",
  "localhost",
];

let folder: string;
let clone: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "latchkey-start-"));
  clone = join(folder, "a clone");
  // As a new user has it: what is committed, and nothing installed.
  execFileSync("git", ["clone", "-q", ROOT, clone]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `npm start`, at a terminal (`script` makes one) or without, until the CA serves; then Ctrl-C. */
async function start(options: {
  terminal: boolean;
  flags?: readonly string[];
  answers?: string;
}): Promise<{ output: string; millis: number }> {
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: join(folder, "config"), TERM: "xterm", COLUMNS: "100" };
  const all = ["start", "--", ...FLAGS, ...(options.flags ?? [])];
  const line = ["npm", ...all].map((word) => `'${word}'`).join(" ");
  const began = Date.now();
  const child = options.terminal
    ? spawn("script", ["-qefc", line, "/dev/null"], { cwd: clone, env, stdio: ["pipe", "pipe", "pipe"] })
    : spawn("npm", all, { cwd: clone, env, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  const hear = (chunk: Buffer) => {
    output += chunk.toString().replaceAll(STYLING, "");
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  if (options.answers !== undefined) {
    while (!output.includes("Domain, or Enter") && child.exitCode === null) await sleep(50);
    child.stdin.write(options.answers);
  }
  const run = join(clone, "data", "run.json");
  while (!existsSync(run) && child.exitCode === null) await sleep(50);
  const millis = Date.now() - began;
  while (!/Ctrl-C stops it|publication/.test(output) && child.exitCode === null) await sleep(50);
  await sleep(1_500);
  // What a terminal does at Ctrl-C; without one, the process that serves is told.
  if (options.terminal) child.stdin.write("\u0003");
  else if (existsSync(run)) process.kill((JSON.parse(readFileSync(run, "utf8")) as { pid: number }).pid, "SIGINT");
  const code = await ended;
  assert.ok(!existsSync(run), output);
  assert.match(output, /service\.stopped.*ca/);
  // At a terminal npm itself ends with 130, for it was interrupted, too.
  assert.ok(code === 0 || (options.terminal && code === 130), `exit code ${code}`);
  return { output, millis };
}

test("npm start in a fresh clone installs, builds, asks for the domain, and shows recovery passphrase and invitation; Ctrl-C stops it", async () => {
  const { output } = await start({ terminal: true, answers: "home.example.com\r" });
  assert.match(output, RECOVERY);
  assert.match(output, PASSPHRASE);
  assert.match(output, /https:\/\/localhost:\d+\/i\/[A-Za-z0-9_-]{22}/);
  assert.match(output, /\u2588\u2588/, "the QR code");
  assert.match(output, /as long as this terminal is open/);
});

test("the second start takes seconds, keeps everything, and shows no secret again", async () => {
  const { output, millis } = await start({ terminal: true });
  assert.ok(millis < 20_000, `${millis} ms`);
  assert.doesNotMatch(output, RECOVERY);
  assert.doesNotMatch(output, /authority\.created/);
});

test("without a terminal no secret is shown, in the log or elsewhere; with --print-invitation it is", async () => {
  rmSync(join(clone, "data"), { recursive: true });
  const silent = await start({ terminal: false });
  for (const secret of [PASSPHRASE, RECOVERY, /\/i\//]) assert.doesNotMatch(silent.output, secret);
  // Nobody has seen the recovery passphrase yet: it waits outside the data folder, and the next start at a terminal shows it.
  const shown = await start({ terminal: false, flags: ["--print-invitation"] });
  assert.match(shown.output, RECOVERY);
  rmSync(join(clone, "data"), { recursive: true });
  const printed = await start({ terminal: false, flags: ["--print-invitation"] });
  assert.match(printed.output, PASSPHRASE);
  assert.match(printed.output, RECOVERY);
});
