import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { nothingThere } from "../../connect/nothing-there.js";
import { isOurs } from "../../service/unit.js";
import { CommandError } from "../error.js";
import { writeWhole } from "../write-whole.js";

const UNITS = "/etc/systemd/system";
const LAST_LINES = "8";
const POLL_MILLIS = 200;
/** A service that ends in its first seconds would go on ending. */
const STEADY_MILLIS = 3_000;

/** Refuses where no service can be installed. Throws TOOL_MISSING, SYSTEM_ERROR. */
export function requireSystemd(what: string): void {
  if (!existsSync("/run/systemd/system"))
    throw new CommandError(
      "TOOL_MISSING",
      "This host was not started by systemd (a container, or another init): have that start the command that `--print` shows after ExecStart=, as the user after User=.",
    );
  if (process.getuid?.() !== 0) throw new CommandError("SYSTEM_ERROR", `Only root may do that: sudo ${what}`);
}

export function unitPath(name: string): string {
  return `${UNITS}/${name}.service`;
}

/** The unit that is there; undefined where there is none. Throws FILE_EXISTS where it is not ours. */
export async function readUnit(name: string): Promise<string | undefined> {
  const text = await readFile(unitPath(name), "utf8").catch(nothingThere);
  if (text === undefined || isOurs(text)) return text;
  throw new CommandError(
    "FILE_EXISTS",
    `${unitPath(name)} is not of Latchkey's making: nothing was changed. To have it replaced, first stop it and move it away (systemctl disable --now ${name}; mv ${unitPath(name)} /root/).`,
  );
}

/**
 * Puts a unit in place and (re)starts it; answers once it runs steadily, and `isReady`. Throws SERVICE_FAILED with its last words: another unit that
 * was there `before` is back then, and runs as it did.
 */
export async function startUnit(
  name: string,
  { text, before }: { readonly text: string; readonly before: string | undefined },
  isReady: (pid: number) => Promise<boolean>,
  withinMillis: number,
): Promise<void> {
  await putUnit(name, text);
  if (await comesUp(name, isReady, withinMillis)) return;
  const words = await lastWords(name);
  if (before === undefined || before === text)
    throw new CommandError(
      "SERVICE_FAILED",
      `The service ${name} is installed, but does not run. What it said last:\n${words}\nMend that, and type the same command again; or take it away (\`latchkey service remove\`).`,
    );
  await putUnit(name, before);
  throw new CommandError(
    "SERVICE_FAILED",
    `The service ${name} does not run as it was to be installed: the unit before is back, and was started again. What the new one said last:\n${words}\nMend that, and type the same command again.`,
  );
}

async function putUnit(name: string, text: string): Promise<void> {
  await writeWhole(unitPath(name), text, { secret: false, force: true });
  // Whatever the umask was: systemd warns of a unit that others can't read.
  await chmod(unitPath(name), 0o644);
  await systemctl("daemon-reload");
  await systemctl("enable", "--quiet", name);
  // One that has given up after too many tries begins anew.
  await systemctl("reset-failed", name).catch(() => {});
  await systemctl("restart", name).catch(() => {});
}

async function comesUp(name: string, isReady: (pid: number) => Promise<boolean>, withinMillis: number): Promise<boolean> {
  const started = Date.now();
  for (;;) {
    const { ActiveState = "", SubState = "", NRestarts = "0", MainPID = "0" } = await show(name);
    const waited = Date.now() - started;
    if (ActiveState === "failed" || SubState === "auto-restart" || Number(NRestarts) > 0) return false;
    if (waited >= STEADY_MILLIS && ActiveState === "active" && (await isReady(Number(MainPID)))) return true;
    if (waited > withinMillis) return false;
    await sleep(POLL_MILLIS);
  }
}

/** What a process of the service has written so far. */
export async function journalOf(name: string, pid: number): Promise<string> {
  return await run("journalctl", ["--unit", name, `_PID=${pid}`, "--no-pager", "--output", "cat"]);
}

/** Stops it, and deletes its unit. */
export async function removeUnit(name: string): Promise<void> {
  await systemctl("disable", "--quiet", "--now", name);
  await rm(unitPath(name), { force: true });
  await systemctl("daemon-reload");
  await systemctl("reset-failed", name).catch(() => {});
}

async function show(name: string): Promise<Record<string, string>> {
  const text = await systemctl("show", name, "--property=ActiveState,SubState,NRestarts,MainPID");
  return Object.fromEntries(text.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

async function lastWords(name: string): Promise<string> {
  const said = await run("journalctl", ["--unit", name, "--lines", LAST_LINES, "--no-pager", "--output", "cat"]).catch(() => "");
  return said.trim() === "" ? `(nothing is in the journal; look at systemctl status ${name})` : said.trimEnd().replaceAll(/^/gm, "  ");
}

function systemctl(...args: string[]): Promise<string> {
  return run("systemctl", args);
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { encoding: "utf8" }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new CommandError("SERVICE_FAILED", `\`${[command, ...args].join(" ")}\` failed: ${stderr.trim() || error.message}`));
    });
  });
}
