import { readdir, readFile } from "node:fs/promises";

/** A worker process of nginx: a number that is used again is another process, so its start counts as well. */
export interface Worker {
  readonly pid: number;
  readonly startTicks: string;
  /** Told to finish what it has, and to take nothing more. */
  readonly isShuttingDown: boolean;
}

/**
 * The workers of this nginx master, from /proc; undefined when they can't be seen (nginx runs in another container, or not
 * at all).
 */
export async function workersOf(master: number): Promise<Worker[] | undefined> {
  const title = await titleOf(master);
  if (title === undefined || !title.includes("nginx: master process")) return undefined;
  const workers: Worker[] = [];
  for (const name of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const worker = await workerOf(Number(name), master);
    if (worker !== undefined) workers.push(worker);
  }
  return workers;
}

async function workerOf(pid: number, master: number): Promise<Worker | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  // The second field is the name in parentheses, which may hold anything: fields count from the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (Number(fields[1]) !== master) return undefined;
  const title = await titleOf(pid);
  if (title === undefined || !title.includes("nginx: worker process")) return undefined;
  return { pid, startTicks: fields[19] ?? "", isShuttingDown: title.includes("is shutting down") };
}

/** nginx writes its title over its arguments; through a dynamic linker's command line it stands after others. */
async function titleOf(pid: number): Promise<string | undefined> {
  return await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => undefined);
}

/** The master's process number from nginx's pid file. */
export async function readMaster(pidFile: string | undefined): Promise<number | undefined> {
  if (pidFile === undefined) return undefined;
  const pid = Number((await readFile(pidFile, "utf8").catch(() => "")).trim());
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** Cuts what an old worker still has open. Without the right to do so it ends by itself, at worker_shutdown_timeout. */
export function endWorker({ pid }: Worker): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // Gone already, or another user's.
  }
}
