import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { renderApache } from "../../clients/site/doors/apache.js";
import { renderCaddy } from "../../clients/site/doors/caddy.js";
import type { DoorFacts } from "../../clients/site/doors/facts.js";
import { HAPROXY_PEM, renderHaproxy } from "../../clients/site/doors/haproxy.js";
import { freePorts } from "./nginx.js";

const run = promisify(execFile);

/** A front door that is no nginx: the real program, with what the site kit renders for it, on loopback. */
export interface OtherDoor {
  readonly folder: string;
  /** Has it read its files anew, as the command that the kit names does. */
  readonly command: string;
  /** Writes its configuration; the follower's files have to be there. */
  configure(): Promise<void>;
  /** Its own check of what it will read. */
  validate(): Promise<void>;
  start(environment?: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

export type OtherDoorKind = "haproxy" | "apache" | "caddy";

const APACHE_MODULES = [
  "mpm_event",
  "authz_core",
  "authz_host",
  "ssl",
  "socache_shmcb",
  "headers",
  "proxy",
  "proxy_http",
  "rewrite",
  "alias",
];

export async function createOtherDoor(
  kind: OtherDoorKind,
  facts: Omit<DoorFacts, "addresses" | "hstsSeconds" | "httpPort">,
): Promise<OtherDoor> {
  const folder = await mkdtemp(join(tmpdir(), `latchkey-${kind}-`));
  const [adminPort = 0] = await freePorts(1);
  const all: DoorFacts = { ...facts, addresses: ["127.0.0.1"], hstsSeconds: 600, httpPort: undefined };
  const configuration = join(folder, "configuration");
  const forms = {
    haproxy: {
      text: async () => {
        const pem = join(folder, "door.pem");
        await writeFile(pem, `${await readFile(facts.certificate?.certificate ?? "")}${await readFile(facts.certificate?.key ?? "")}`, {
          mode: 0o600,
        });
        return renderHaproxy(all).replaceAll(HAPROXY_PEM, pem).replace("  log /dev/log local0\n", "").replaceAll("  log global\n", "");
      },
      validate: ["haproxy", "-c", "-q", "-f", configuration],
      start: ["haproxy", "-W", "-f", configuration, "-p", join(folder, "pid")],
      command: () => `haproxy -c -q -f ${configuration} && kill -USR2 $(cat ${folder}/master)`,
    },
    apache: {
      text: async () =>
        `ServerRoot ${folder}\nPidFile ${folder}/pid\nErrorLog ${folder}/error.log\nDefaultRuntimeDir ${folder}\nUser www-data\nGroup www-data\nServerName localhost\n${APACHE_MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}\n${renderApache(all)}`,
      validate: ["apache2", "-t", "-f", configuration],
      start: ["apache2", "-DFOREGROUND", "-f", configuration],
      command: () =>
        `apache2 -t -f ${configuration} && old=$(pgrep -P $(cat ${folder}/pid)) && apache2 -f ${configuration} -k graceful && if [ $LATCHKEY_REVOKES = 1 ]; then sleep 1; kill -KILL $old 2>/dev/null || :; fi`,
    },
    caddy: {
      text: async () => renderCaddy(all).replace("localhost:2019", `localhost:${adminPort}`),
      validate: ["caddy", "validate", "--config", configuration, "--adapter", "caddyfile"],
      start: ["caddy", "run", "--config", configuration, "--adapter", "caddyfile"],
      command: () => `caddy reload --config ${configuration} --adapter caddyfile --address localhost:${adminPort}`,
    },
  }[kind];
  let child: ChildProcess | undefined;
  const environment = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };

  async function stop(): Promise<void> {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGTERM");
    await gone;
  }

  return {
    folder,
    command: `if [ -e ${folder}/master ]; then ${forms.command()}; fi`,
    configure: async () => await writeFile(configuration, await forms.text()),
    async validate() {
      const [program = "", ...args] = forms.validate;
      await run(program, args, { env: environment });
    },
    async start(more = {}) {
      const [program = "", ...args] = forms.start;
      child = spawn(program, args, { env: { ...environment, ...more }, stdio: "ignore" });
      await writeFile(join(folder, "master"), String(child.pid));
    },
    stop,
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
