import { pause } from "./backoff.js";
import { Problem } from "./problem.js";
import { LONGEST_SHUTDOWN_MILLIS, SHUTDOWN_REMEDY } from "./settings/audit.js";
import type { SettingsFacts } from "./settings-facts.js";
import { endWorker, hasUntitled, mayEnd, processName, readMaster, type Worker, workersOf } from "./workers.js";

const POLL_MILLIS = 15;
/** How long old workers may finish what is under way before they are ended. */
const GRACE_MILLIS = 400;
const MARGIN_MILLIS = 1_000;
/** One that was told to end frees its CRL entry by entry (300 ms for 100,000, 3 s for a million), and closes nothing before: it is not waited for longer than this. */
const FAREWELL_MILLIS = 400;
/** How long one that closes by itself may take for that. */
const LONGEST_FAREWELL_MILLIS = 5_000;

/**
 * Which nginx serves: its master and the workers that accept connections, each by a name that no other process has. After a reload, whoever's it was, it is
 * another. Undefined when it can't be seen.
 *
 * @param without workers that are on their way out
 */
export async function servingNow(pidFile: string | undefined, without: readonly Worker[] = []): Promise<string | undefined> {
  const master = await readMaster(pidFile);
  if (master === undefined) return undefined;
  // Just after a reload some have not said yet what they are.
  for (const end = Date.now() + MARGIN_MILLIS; Date.now() < end && (await hasUntitled(master)); ) await pause(POLL_MILLIS);
  const [name, all] = [await processName(master), await workersOf(master)];
  if (name === undefined || all === undefined) return undefined;
  const old = new Set(without.map(nameOf));
  const accepting = all.filter((worker) => !worker.isShuttingDown && !old.has(nameOf(worker)));
  return [name, ...accepting.map(nameOf).toSorted()].join(" ");
}

/** The workers of the nginx with this pid file; undefined when they can't be seen. */
export async function workersNow(pidFile: string | undefined): Promise<Worker[] | undefined> {
  const master = await readMaster(pidFile);
  return master === undefined ? undefined : await workersOf(master);
}

/**
 * After an upgrade of its program (SIGUSR2) the old master serves beside the new one, on the same sockets and with what it had loaded:
 * a reload reaches the new one alone. Throws Problem (NGINX_OLD_WORKERS_REMAIN).
 */
export async function refuseOldMaster(pidFile: string | undefined): Promise<void> {
  const master = await readMaster(pidFile === undefined ? undefined : `${pidFile}.oldbin`);
  if (master === undefined || (await workersOf(master)) === undefined) return;
  throw new Problem(
    "NGINX_OLD_WORKERS_REMAIN",
    `An upgrade of nginx's program has not been finished: the old master, process ${master}, goes on with the CRL that it had. End it: kill -QUIT ${master}`,
  );
}

/** Can this process cut by itself what old workers keep open? If not, nginx's worker_shutdown_timeout has to. */
export function canCut(workers: readonly Worker[] | undefined): boolean {
  return workers !== undefined && workers.length > 0 && workers.every(mayEnd);
}

/**
 * What was let in before the reload lives on in old workers: WebSockets, downloads, kept connections. They get a moment to
 * finish what is under way, then they are ended; by nginx itself, at worker_shutdown_timeout, where this process may not.
 *
 * @param before those of before the reload; undefined when none could be seen then: nginx did not run, or still can't be seen
 *
 * Throws Problem (NGINX_OLD_WORKERS_REMAIN, NGINX_NOT_RUNNING).
 */
export async function cutOldWorkers(
  { pidFile, shutdownMillis }: Pick<SettingsFacts, "pidFile" | "shutdownMillis">,
  before: readonly Worker[] | undefined,
): Promise<void> {
  // What is longer is a hole where it counts: it is not waited for.
  const seen = before ?? (await workersNow(pidFile));
  const own = canCut(seen) ? GRACE_MILLIS + FAREWELL_MILLIS : Math.min(shutdownMillis ?? 0, LONGEST_SHUTDOWN_MILLIS);
  if (seen === undefined) return await pause(own + MARGIN_MILLIS);
  const limit = own + LONGEST_FAREWELL_MILLIS;
  // Who is old says so in its title, a moment after it was told.
  if (before === undefined) await pause(GRACE_MILLIS);
  const started = Date.now();
  const old = new Set((before ?? []).map(nameOf));
  for (;;) {
    const all = await workersNow(pidFile);
    // The master is gone: so is its proof.
    if (all === undefined) throw new Problem("NGINX_NOT_RUNNING", "It ended while it was reloaded.");
    const remaining = all.filter((worker) => old.has(nameOf(worker)) || worker.isShuttingDown);
    if (remaining.length === 0) return;
    const waited = Date.now() - started;
    if (waited > limit) {
      throw new Problem(
        "NGINX_OLD_WORKERS_REMAIN",
        `Processes ${remaining.map(({ pid }) => pid).join(", ")} are still there after ${waited} ms.${canCut(remaining) ? "" : ` ${SHUTDOWN_REMEDY}`}`,
      );
    }
    // One that is not shutting down would be started again by the master, with whatever the master has loaded.
    const signal = waited > GRACE_MILLIS + FAREWELL_MILLIS ? "SIGKILL" : "SIGTERM";
    if (waited > GRACE_MILLIS) for (const worker of remaining) if (worker.isShuttingDown) endWorker(worker, signal);
    await pause(POLL_MILLIS);
  }
}

/**
 * For a moment after a reload old workers accept connections beside the new ones, and resume sessions that they have begun. Waits until they don't any more,
 * whatever they keep open. Not for ever: where nobody is refused anew it does no harm.
 *
 * @param before those of before the reload; undefined when none could be seen
 */
export async function untilOldWorkersRetire(pidFile: string | undefined, before: readonly Worker[] | undefined): Promise<void> {
  if (before === undefined) return await pause(GRACE_MILLIS);
  const old = new Set(before.map(nameOf));
  for (const end = Date.now() + GRACE_MILLIS + MARGIN_MILLIS; Date.now() < end; await pause(POLL_MILLIS)) {
    const accepting = (await workersNow(pidFile))?.filter((worker) => old.has(nameOf(worker)) && !worker.isShuttingDown);
    if (accepting === undefined || accepting.length === 0) return;
  }
}

function nameOf({ pid, startTicks }: Worker): string {
  return `${pid}/${startTicks}`;
}
