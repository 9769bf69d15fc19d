import { readdir, readFile } from "node:fs/promises";
import { Problem } from "./problem.js";

/** A worker process of nginx: a number that is used again is another process, so its start counts as well. */
export interface Worker {
  readonly pid: number;
  readonly startTicks: string;
  /** Told to finish what it has, and to take nothing more. */
  readonly isShuttingDown: boolean;
}

/**
 * The workers of this nginx master, from /proc; undefined when they can't be seen (nginx runs in another container, or not
 * at all). Throws Problem (NGINX_OLD_WORKERS_REMAIN) when this process can't look.
 */
export async function workersOf(master: number): Promise<Worker[] | undefined> {
  const title = await titleOf(master);
  if (title === undefined || !title.includes(MASTER)) return undefined;
  const workers: Worker[] = [];
  for (const pid of await processes()) {
    const worker = await workerOf(pid, master);
    if (worker !== undefined) workers.push(worker);
  }
  return workers;
}

const MASTER = "nginx: master process";

/** Has this master a process that it has just made, which does not say yet what it is? */
export async function hasUntitled(master: number): Promise<boolean> {
  for (const pid of await processes()) {
    if (Number((await statOf(pid))[1]) === master && (await titleOf(pid))?.includes(MASTER) === true) return true;
  }
  return false;
}

async function processes(): Promise<number[]> {
  return ((await readdir("/proc").catch(unseen)) ?? []).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** A process's name among all that ever were: no other of this host has it, after a boot either. Begins with its number and a slash. Undefined when it can't be seen. */
export async function processName(pid: number): Promise<string | undefined> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "latin1").catch(unseen);
  const startTicks = (await statOf(pid))[19];
  return boot === undefined || startTicks === undefined ? undefined : `${pid}/${startTicks}/${boot.trim()}`;
}

/** The fields of /proc/PID/stat from the third on; empty when it is gone. */
async function statOf(pid: number): Promise<string[]> {
  const text = (await readFile(`/proc/${pid}/stat`, "latin1").catch(unseen)) ?? "";
  // The second field is the name in parentheses, which may hold anything: fields count from the last one.
  return text === "" ? [] : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

async function workerOf(pid: number, master: number): Promise<Worker | undefined> {
  const fields = await statOf(pid);
  if (Number(fields[1]) !== master) return undefined;
  const title = await titleOf(pid);
  if (title === undefined || !title.includes("nginx: worker process")) return undefined;
  return { pid, startTicks: fields[19] ?? "", isShuttingDown: title.includes("is shutting down") };
}

/** nginx writes its title over its arguments; through a dynamic linker's command line it stands after others. */
async function titleOf(pid: number): Promise<string | undefined> {
  return await readFile(`/proc/${pid}/cmdline`, "latin1").catch(unseen);
}

/** The master's process number from nginx's pid file. */
export async function readMaster(pidFile: string | undefined): Promise<number | undefined> {
  if (pidFile === undefined) return undefined;
  const pid = Number(((await readFile(pidFile, "utf8").catch(unseen)) ?? "").trim());
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** Cuts what an old worker still has open. Without the right to do so it ends by itself, at worker_shutdown_timeout. */
export function endWorker({ pid }: Worker, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    unseen(error);
  }
}

/** Has this process the right to? Nothing is sent. */
export function mayEnd({ pid }: Worker): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // One that has just gone says nothing of the right.
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** What is gone, or is not for this user to see. Anything else could hide an old worker: to take it for gone would be to claim that nobody is left. */
const UNSEEN = new Set(["ENOENT", "ENOTDIR", "ESRCH", "EACCES", "EPERM"]);

function unseen(cause: unknown): undefined {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  if (UNSEEN.has(code)) return undefined;
  throw new Problem("NGINX_OLD_WORKERS_REMAIN", `Whether any are left can't be seen: ${message}.`, undefined, { cause });
}
