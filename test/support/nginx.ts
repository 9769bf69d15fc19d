import { execFile, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const START_MILLIS = 30_000;
const WORKERS = 2;

/** A real nginx of a test's own, on loopback. */
export interface TestNginx {
  /** Its folder: `nginx.conf`, `error.log`, `nginx.pid`. */
  readonly folder: string;
  readonly configuration: string;
  /** Commands for a shell, as an operator would give them to the hook. */
  readonly commands: { readonly nginx: string; readonly test: string; readonly reload: string };
  /** Replaces `nginx.conf`; nothing is told to nginx. */
  configure(text: string): Promise<void>;
  start(): Promise<void>;
  /** `nginx -s reload`: returns before the new workers serve. */
  reload(): Promise<void>;
  /** What `nginx -T` prints on standard output. */
  dump(): Promise<string>;
  pid(): Promise<number>;
  /** Waits for the end of the workers of before a reload that has begun: for a while they accept connections beside the new ones. */
  oldWorkersGone(): Promise<void>;
  errorLog(): Promise<string>;
  isRunning(): Promise<boolean>;
  /** Ends the master and all workers at once; does nothing when it does not run. */
  stop(): Promise<void>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

/**
 * Prepares an nginx; `start()` starts it. The main context is this file's business (daemon, pid, logs) except what
 * `main` adds; the text given is what stands in `http { … }`.
 */
export async function createNginx(command: string): Promise<TestNginx> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-nginx-"));
  for (const name of ["body", "proxy", "fastcgi", "scgi", "uwsgi"]) await mkdir(join(folder, name));
  const configuration = join(folder, "nginx.conf");
  const args = ["-p", folder, "-c", configuration, "-e", join(folder, "error.log")];
  const line = [command, ...args].join(" ");

  async function pid(): Promise<number> {
    return Number((await readFile(join(folder, "nginx.pid"), "utf8")).trim());
  }
  async function isRunning(): Promise<boolean> {
    const master = await pid().catch(() => 0);
    return master > 0 && isAlive(master);
  }
  async function stop(): Promise<void> {
    const master = await pid().catch(() => 0);
    if (master === 0 || !isAlive(master)) return;
    process.kill(master, "SIGTERM");
    await until(() => !isAlive(master), "nginx does not stop");
  }

  return {
    folder,
    configuration,
    commands: { nginx: line, test: `${line} -t`, reload: `${line} -s reload` },
    configure: (text) => writeFile(configuration, text),
    async start() {
      const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
      let said = "";
      child.stderr.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
      const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("exit", resolve));
      if (code !== 0) throw new Error(`nginx does not start: ${said}`);
      await until(isRunning, "nginx does not start");
    },
    async reload() {
      await run(command, [...args, "-s", "reload"]);
    },
    async dump() {
      return (await run(command, [...args, "-T"], { maxBuffer: 64 * 1024 * 1024 })).stdout;
    },
    pid,
    async oldWorkersGone() {
      const master = await pid();
      const workers = async () => (await readFile(`/proc/${master}/task/${master}/children`, "utf8")).trim().split(" ").length;
      await until(async () => (await workers()) === WORKERS, "the old workers do not end");
    },
    isRunning,
    errorLog: () => readFile(join(folder, "error.log"), "utf8"),
    stop,
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A configuration around `http`: a daemon that keeps everything that it writes in its own folder. */
export function nginxConfiguration(folder: string, http: string, main = ""): string {
  return `
${/\buser /.test(main) ? "" : "user root;"}
worker_processes ${WORKERS};
pid ${folder}/nginx.pid;
error_log ${folder}/error.log info;
${main}
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  scgi_temp_path ${folder}/scgi;
  uwsgi_temp_path ${folder}/uwsgi;
  ${http}
}
`;
}

/**
 * Ports of 127.0.0.1 that nobody listens on right now. Below those that the system hands out by itself (from 32768): a connection of
 * another test, or its port 0, can't take one before its program has bound it.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(10_240, 32_768);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Waits until something holds, for 10 s at most. Throws an Error with `otherwise`. */
export async function until(holds: () => boolean | Promise<boolean>, otherwise: string, millis = START_MILLIS): Promise<void> {
  const end = Date.now() + millis;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${otherwise} (waited ${millis} ms)`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A zombie is gone: in a container the init process may take a second to notice. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
