import { lastWords, runCommand } from "./command.js";
import type { Folder } from "./folder.js";
import { Problem } from "./problem.js";
import { readSettings, refuseHoles, type Settings } from "./read-settings.js";
import { pidFileOf, shutdownMillis } from "./settings/audit.js";
import { askStatus, type StatusAnswer } from "./status-location.js";
import { endWorker, readMaster, type Worker, workersOf } from "./workers.js";

export interface NginxCommands {
  readonly test: string;
  readonly reload: string;
  /** nginx itself, for -T and -v. */
  readonly nginx: string | undefined;
  readonly statusUrl: string;
}

const PROOF_MILLIS = 20_000;
const POLL_MILLIS = 15;
/** Answers on as many connections, one after the other: one could have been an old worker's last. */
const ANSWERS_IN_A_ROW = 3;
/** How long old workers may finish what is under way before they are ended. */
const GRACE_MILLIS = 400;
const MARGIN_MILLIS = 1_000;

/**
 * Makes nginx enforce what lies in the folder, and proves it: test, reload, new workers answer with this CRL's number, old
 * workers are gone, and nginx's settings leave no hole. Throws Problem with what stands in the way.
 *
 * When nginx refuses the new files, and takes those before, those go back. When it refuses its configuration with either, does not
 * run, does not reload, or can't be proved to have, the new ones stay: they are good, and older ones would let in who was revoked since.
 */
export async function enforce(folder: Folder, commands: NginxCommands, number: bigint): Promise<void> {
  await test(folder, commands);
  const settings = await readSettings(commands.nginx);
  const { pidFile, timeoutMillis } = factsOf(settings);
  const before = await workers(pidFile);
  const loaded = await askStatus(commands.statusUrl);
  await reload(commands, loaded);
  await proveNumber(commands, number);
  await folder.settle();
  await waitForOldWorkers(pidFile, before, timeoutMillis);
  await refuseHoles(settings, folder.path);
}

/** Does nginx serve this number, and leave its settings no hole? Nothing is reloaded. Throws Problem. */
export async function confirm(folder: Folder, commands: NginxCommands, number: bigint): Promise<void> {
  const answer = await askStatus(commands.statusUrl);
  if (answer.kind === "unreachable") throw new Problem("NGINX_NOT_RUNNING", `${answer.detail}.`);
  if (answer.kind !== "number" || answer.number !== number) throw notProved(answer, number);
  await refuseHoles(await readSettings(commands.nginx), folder.path);
}

/** Throws Problem when nginx refuses its configuration: with the files back that it took before, if it is the new ones that it refuses. */
async function test(folder: Folder, commands: NginxCommands): Promise<void> {
  const tested = await runCommand(commands.test);
  if (tested.succeeded) return;
  if (!(await folder.rollBack())) {
    const { kind } = await askStatus(commands.statusUrl);
    if (kind === "unreachable") throw new Problem("NGINX_NOT_RUNNING", `And its configuration is refused: ${lastWords(tested)}`);
    throw new Problem("NGINX_TEST_FAILED", lastWords(tested));
  }
  if ((await runCommand(commands.test)).succeeded) {
    await folder.settle();
    throw new Problem("NGINX_TEST_FAILED", `It refuses the new files; the last good ones are back. (${lastWords(tested)})`);
  }
  // A mistake somewhere else. Whoever mends it and reloads nginx by hand must find the new CRL there, not an older one.
  await folder.rollForward();
  throw new Problem(
    "NGINX_TEST_FAILED",
    `It refuses the files before the new ones, too: mend its configuration, and the new ones are in force. (${lastWords(tested)})`,
  );
}

async function reload(commands: NginxCommands, loaded: StatusAnswer): Promise<void> {
  const reloaded = await runCommand(commands.reload);
  if (reloaded.succeeded) return;
  if (loaded.kind === "unreachable") throw new Problem("NGINX_NOT_RUNNING", `Start it. (${lastWords(reloaded)})`);
  throw new Problem("NGINX_RELOAD_FAILED", `It goes on with what it has; the new files wait for it. (${lastWords(reloaded)})`);
}

/** `nginx -s reload` returns before the new workers serve (a second and a half with a million entries). */
async function proveNumber(commands: NginxCommands, number: bigint): Promise<void> {
  const end = Date.now() + PROOF_MILLIS;
  let inARow = 0;
  for (;;) {
    const answer = await askStatus(commands.statusUrl);
    inARow = answer.kind === "number" && answer.number === number ? inARow + 1 : 0;
    if (inARow === ANSWERS_IN_A_ROW) return;
    if (Date.now() > end) {
      if (answer.kind === "unreachable") throw new Problem("NGINX_NOT_RUNNING", `${answer.detail}.`);
      throw notProved(answer, number);
    }
    if (inARow === 0) await sleep(POLL_MILLIS);
  }
}

function notProved(answer: StatusAnswer, number: bigint): Problem {
  const said = answer.kind === "number" ? `It shows ${answer.number}, not ${number}` : answer.detail;
  return new Problem(
    "NGINX_NOT_PROVED",
    `${said}. Let a server on loopback include latchkey-status.conf, and --status-url name it (\`latchkey-nginx config\` prints one).`,
  );
}

/**
 * What was let in before the reload lives on in old workers: WebSockets, downloads, kept connections. They get a moment to
 * finish what is under way, then they are ended; by nginx itself, at worker_shutdown_timeout, where this process may not.
 */
async function waitForOldWorkers(
  pidFile: string | undefined,
  before: readonly Worker[] | undefined,
  timeoutMillis: number | undefined,
): Promise<void> {
  const limit = (timeoutMillis ?? 0) + MARGIN_MILLIS;
  if (before === undefined) return await sleep(limit);
  const started = Date.now();
  const old = new Set(before.map(nameOf));
  for (;;) {
    const all = await workers(pidFile);
    // The master is gone: so is its proof.
    if (all === undefined) throw new Problem("NGINX_NOT_RUNNING", "It ended while it was reloaded.");
    const remaining = all.filter((worker) => old.has(nameOf(worker)) || worker.isShuttingDown);
    if (remaining.length === 0) return;
    const waited = Date.now() - started;
    if (waited > Math.max(limit, GRACE_MILLIS + MARGIN_MILLIS)) {
      throw new Problem(
        "NGINX_OLD_WORKERS_REMAIN",
        `Processes ${remaining.map(({ pid }) => pid).join(", ")} are still there after ${waited} ms.`,
      );
    }
    // One that is not shutting down would be started again by the master, with whatever the master has loaded.
    if (waited > GRACE_MILLIS) for (const worker of remaining) if (worker.isShuttingDown) endWorker(worker);
    await sleep(POLL_MILLIS);
  }
}

/** What the wait for old workers needs to know; what can't be read is said by refuseHoles. */
function factsOf(settings: Settings): { pidFile?: string; timeoutMillis?: number | undefined } {
  if (settings.kind === "unreadable") return {};
  try {
    return { pidFile: pidFileOf(settings.dump), timeoutMillis: shutdownMillis(settings.dump) };
  } catch {
    return {};
  }
}

async function workers(pidFile: string | undefined): Promise<Worker[] | undefined> {
  const master = await readMaster(pidFile);
  return master === undefined ? undefined : await workersOf(master);
}

function nameOf({ pid, startTicks }: Worker): string {
  return `${pid}/${startTicks}`;
}

function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
