import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const LATCHKEY = fileURLToPath(new URL("../../clients/cli/latchkey.js", import.meta.url));

const START_MILLIS = 60_000;

export interface Output {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real `latchkey serve`, as a process, in a folder of its own. */
export interface TestServe {
  readonly folder: string;
  readonly data: string;
  readonly run: { readonly pid: number; readonly grpc: string; readonly http: string; readonly enroll: string; readonly devices: string };
  /** What it has written so far, both streams. */
  output(): string;
  /** Waits until it has written this; throws after a while. */
  told(what: RegExp): Promise<void>;
  latchkey(...args: string[]): Promise<Output>;
  /** Ends it with a signal and waits; answers its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Starts it (again), with these variables and flags besides. */
  start(environment?: Readonly<Record<string, string>>, moreFlags?: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

export interface ServeOptions {
  /** Another version's binary. */
  readonly node?: string;
  readonly program?: string;
  /** One that is there already. */
  readonly folder?: string;
  /** What runs the program, and becomes it: `ip netns exec …`. */
  readonly under?: readonly string[];
  /** The LAN is what the program finds it to be by itself. */
  readonly isLanAutomatic?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** For Node itself, at each start of the CA. */
  readonly nodeFlags?: readonly string[];
  /** How long a start may take. */
  readonly startMillis?: number;
}

/** `flags`: beside the folder and the ports. */
export async function startServe(flags: readonly string[] = [], options: ServeOptions = {}): Promise<TestServe> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "latchkey serve ")));
  const data = join(folder, "data");
  const [node = "", ...runner] = [...(options.under ?? []), options.node ?? process.execPath];
  const program = options.program ?? LATCHKEY;
  const env = { PATH: process.env.PATH ?? "", HOME: folder, XDG_CONFIG_HOME: join(folder, "config"), ...options.environment };
  let child: ChildProcess | undefined;
  let output = "";
  let run = { pid: 0, grpc: "", http: "", enroll: "", devices: "" };

  async function start(environment: Readonly<Record<string, string>> = {}, moreFlags: readonly string[] = []): Promise<void> {
    const ports = [
      "--grpc",
      "127.0.0.1:0",
      "--http",
      "127.0.0.1:0",
      "--enroll",
      "127.0.0.1:0",
      "--enroll-host",
      "localhost",
      ...(options.isLanAutomatic === true ? [] : ["--lan", "127.0.0.0/8"]),
    ];
    const started = spawn(
      node,
      [...runner, ...(options.nodeFlags ?? []), program, "serve", "--data", data, ...ports, ...flags, ...moreFlags],
      {
        env: { ...env, ...environment },
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    child = started;
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
    };
    started.stdout.on("data", hear);
    started.stderr.on("data", hear);
    for (const end = Date.now() + (options.startMillis ?? START_MILLIS); Date.now() < end; ) {
      const text = await readFile(join(data, "run.json"), "utf8").catch(() => "{}");
      const found = JSON.parse(text) as typeof run;
      if (found.pid === started.pid) {
        run = found;
        return;
      }
      if (started.exitCode !== null) break;
      await sleep(50);
    }
    started.kill("SIGKILL");
    throw new Error(`latchkey serve did not start:\n${output}`);
  }

  try {
    await start();
  } catch (error) {
    // Nobody else knows of it.
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    throw error;
  }
  return {
    folder,
    data,
    get run() {
      return run;
    },
    output: () => output,
    start,
    async told(what) {
      for (let waited = 0; !what.test(output); waited++) {
        if (waited === 600) throw new Error(`latchkey serve did not write ${what}:\n${output}`);
        await sleep(50);
      }
    },
    latchkey: (...args) =>
      new Promise((resolve) => {
        execFile(
          node,
          [...runner, program, ...args],
          { env: { ...env, LATCHKEY_DATA: data }, cwd: folder, maxBuffer: 1 << 26 },
          (error, stdout, stderr) =>
            resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, stdout, stderr }),
        );
      }),
    end: (signal) =>
      new Promise((resolve) => {
        const running = child;
        if (running === undefined || running.exitCode !== null || running.signalCode !== null) return resolve(running?.exitCode ?? null);
        running.once("exit", (code) => resolve(code));
        running.kill(signal);
      }),
    async remove() {
      child?.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
