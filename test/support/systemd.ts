import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { appendFileSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./nginx.js";
import type { Output } from "./serve.js";

/** A host of the test's own, in which a real systemd runs: it can be booted again, and keeps its files. */
export interface TestHost {
  /** Runs a program in it, as root. */
  run(command: string, ...args: readonly string[]): Promise<Output>;
  boot(): Promise<void>;
  /** All that runs in it ends at once. */
  powerOff(): Promise<void>;
  remove(): Promise<void>;
}

export const USER = { name: "anna", uid: 4321, home: "/home/anna" } as const;
const BOOTS_WITHIN_MILLIS = 60_000;

/**
 * Namespaces of its own but for the network: a systemd believes that this is its machine, and clears the /tmp that it finds. What is mounted over
 * stays the host's: /home, /etc/nginx, systemd's units, and the users, whom one is added to. Needs root.
 */
export function createTestHost(): TestHost {
  if (process.getuid?.() !== 0) throw new Error("A systemd of the test's own needs root. Type: sudo npm test");
  const folder = mkdtempSync(join(tmpdir(), "latchkey-host-"));
  for (const name of ["units", "home/anna"]) mkdirSync(join(folder, name), { recursive: true });
  cpSync("/etc/nginx", join(folder, "nginx"), { recursive: true });
  for (const name of ["passwd", "group"]) copyFileSync(join("/etc", name), join(folder, name));
  appendFileSync(join(folder, "passwd"), `${USER.name}:x:${USER.uid}:${USER.uid}::${USER.home}:/bin/sh\n`);
  appendFileSync(join(folder, "group"), `${USER.name}:x:${USER.uid}:\n`);
  const init = join(folder, "init");
  writeFileSync(
    init,
    `set -e
mount --make-rprivate /
mount -t proc proc /proc
mount --bind ${folder}/units /etc/systemd/system
mount --bind ${folder}/home /home
mount --bind ${folder}/nginx /etc/nginx
mount --bind ${folder}/passwd /etc/passwd
mount --bind ${folder}/group /etc/group
for over in /run /var/tmp /tmp; do mount -t tmpfs -o mode=1777 tmpfs $over; done
export container=tests
exec /lib/systemd/systemd --system --unit=multi-user.target
`,
  );
  let shell: ChildProcess | undefined;
  let systemd = 0;

  const run = (command: string, ...args: readonly string[]) =>
    new Promise<Output>((resolve) => {
      execFile(
        "nsenter",
        ["-t", String(systemd), "-m", "-p", "-C", "-u", "-i", "--", command, ...args],
        { encoding: "utf8", env: { PATH: process.env.PATH ?? "", HOME: "/root" }, maxBuffer: 1 << 26 },
        (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, stdout, stderr }),
      );
    });

  async function boot(): Promise<void> {
    const flags = ["--mount", "--pid", "--fork", "--kill-child", "--cgroup", "--uts", "--ipc"];
    const started = spawn("unshare", [...flags, "sh", init], { stdio: ["ignore", "ignore", "inherit"] });
    shell = started;
    await until(() => {
      systemd = childOf(started.pid ?? 0);
      return systemd > 0;
    }, "unshare starts nothing");
    await until(
      async () => /^(running|degraded)$/.test((await run("systemctl", "is-system-running")).stdout.trim()),
      "systemd does not come up",
      BOOTS_WITHIN_MILLIS,
    );
  }

  async function powerOff(): Promise<void> {
    const running = shell;
    shell = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    // The first process of a PID namespace takes all others with it.
    process.kill(systemd, "SIGKILL");
    await gone;
  }

  return {
    run,
    boot,
    powerOff,
    async remove() {
      await powerOff();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function childOf(pid: number): number {
  try {
    return Number(
      execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
        .trim()
        .split("\n")[0],
    );
  } catch {
    return 0;
  }
}
