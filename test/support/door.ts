import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeCredential } from "../../clients/connect/credential.js";
import { createLog } from "../../clients/nginx/events.js";
import { runOnce } from "../../clients/nginx/once.js";
import { startTestAuthority, type TestAuthority } from "./authority.js";
import { listenAndEcho } from "./echo.js";
import { createNginx, freePorts, nginxConfiguration, type TestNginx, until } from "./nginx.js";
import { createOperator } from "./operator.js";

/** `dist/clients/nginx/latchkey-nginx.js`, as `latchkey-nginx` runs it. */
export const HOOK = fileURLToPath(new URL("../../clients/nginx/latchkey-nginx.js", import.meta.url));
export const SERVER_NAME = "localhost";

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A house: a real CA, a real nginx before a real WebSocket-speaking backend, and the hook as a process of its own. */
export interface Door {
  readonly authority: TestAuthority;
  readonly nginx: TestNginx;
  /** The hook's folder. */
  readonly dir: string;
  readonly port: number;
  /** What stands behind the door: its port, and the lines of the requests that it has had. */
  readonly backend: { readonly port: number; readonly requests: readonly string[] };
  readonly statusUrl: string;
  /** The hook's credential folder. */
  readonly credential: string;
  /** What the hook's commands need. */
  readonly flags: readonly string[];
  /** The lines that the running hook has written. */
  readonly log: string[];
  /** Replaces the `http` block's text; `{door}` is not touched in it. */
  configure(options?: DoorSettings): Promise<void>;
  startHook(flags?: readonly string[], environment?: Readonly<Record<string, string>>): Promise<void>;
  stopHook(signal?: NodeJS.Signals): Promise<void>;
  /** `latchkey-nginx once`, with these flags besides: of two the last counts. `through` is what it is started by. */
  once(more?: readonly string[], through?: readonly string[]): Promise<Finished>;
  /** What `once` does, in this very process. How it went is in the report to the CA. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

/** What differs from the configuration that lets in nobody but good devices. */
export interface DoorSettings {
  /** In the door's server, in place of what stands there. */
  readonly sessions?: string;
  readonly verification?: string;
  readonly more?: string;
  /** In `http`, before the door. */
  readonly http?: string;
  /** In `http`, after the door. */
  readonly after?: string;
  readonly main?: string;
}

export async function createDoor(nginxCommand: string, authority?: TestAuthority, name = "door"): Promise<Door> {
  const ownAuthority = authority ?? (await startTestAuthority({ domains: [] }));
  const nginx = await createNginx(nginxCommand);
  const backend = await startBackend();
  const [port = 0, statusPort = 0] = await freePorts(2);
  const dir = join(nginx.folder, "latchkey");
  const statusUrl = `http://127.0.0.1:${statusPort}/latchkey-status`;
  const credential = await createOperator(ownAuthority, name, "nginx", [SERVER_NAME]);
  const folder = join(nginx.folder, "credential");
  await writeCredential({ ...credential, folder, serverNames: [SERVER_NAME] });
  const { test, reload } = nginx.commands;
  const flags = ["--credential", folder, "--dir", dir, "--test", test, "--reload", reload, "--status-url", statusUrl, "--no-canary"];
  const log: string[] = [];
  let hook: ChildProcess | undefined;

  async function stopHook(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = hook;
    hook = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  return {
    authority: ownAuthority,
    nginx,
    dir,
    port,
    backend,
    statusUrl,
    credential: folder,
    flags,
    log,
    async configure(settings = {}) {
      const text = doorConfiguration({ dir, port, statusPort, backendPort: backend.port }, settings);
      await nginx.configure(nginxConfiguration(nginx.folder, text, settings.main ?? "worker_shutdown_timeout 2s;"));
    },
    async startHook(other = flags, environment = {}) {
      const child = spawn(process.execPath, [HOOK, "run", ...other], {
        stdio: ["ignore", "ignore", "pipe"],
        env: { ...process.env, ...environment },
      });
      hook = child;
      let rest = "";
      child.stderr.on("data", (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split("\n");
        rest = lines.pop() ?? "";
        log.push(...lines);
      });
      await until(
        () => log.some((line) => line.includes("hook.started")) || child.exitCode !== null,
        `the hook does not start: ${log.join()}`,
      );
    },
    stopHook,
    async refresh() {
      const commands = { ...nginx.commands, statusUrl };
      await runOnce(
        { credential: folder, dir, commands, serverNames: undefined, withoutCanary: true },
        createLog((line) => log.push(line)),
      );
    },
    once(more = [], through = []) {
      const [command = "", ...rest] = [...through, process.execPath, HOOK, "once", ...flags, ...more];
      return finish(spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] }));
    },
    async stop() {
      await stopHook();
      await nginx.remove();
      await backend.close();
      if (authority === undefined) await ownAuthority.stop();
    },
  };
}

function doorConfiguration(place: { dir: string; port: number; statusPort: number; backendPort: number }, settings: DoorSettings): string {
  const { dir, port, statusPort, backendPort } = place;
  return `
  map $http_upgrade $connection_upgrade { default upgrade; "" close; }
  ssl_protocols TLSv1.2 TLSv1.3;
  ${settings.http ?? ""}
  server {
    listen 127.0.0.1:${port} ssl http2;
    server_name ${SERVER_NAME};
    ssl_certificate ${dir}/server.crt;
    ssl_certificate_key ${dir}/server.key;
    ${settings.verification ?? `ssl_client_certificate ${dir}/devices-ca.pem; ssl_crl ${dir}/devices-crl.pem; ssl_verify_client on;`}
    ${settings.sessions ?? "ssl_session_cache off; ssl_session_tickets off;"}
    ${settings.more ?? ""}
    location / {
      proxy_pass http://127.0.0.1:${backendPort};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
  ${settings.after ?? ""}
  server { listen 127.0.0.1:${statusPort}; include ${dir}/latchkey-status.conf; }
`;
}

interface Backend {
  readonly port: number;
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Answers 200 "home" to everything, and echoes on WebSockets. */
async function startBackend(): Promise<Backend> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.end("home\n");
  });
  return { ...(await listenAndEcho(server)), requests };
}

function finish(child: ChildProcess): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => child.once("error", reject).once("close", (code) => resolve({ code, stdout, stderr })));
}
