import { execFile } from "node:child_process";
import { access, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** An nginx that tests can start: `command` is what a shell would call. */
export interface NginxVersion {
  /** `debian-12`, `trixie`, `sid`. */
  readonly name: string;
  /** The path of the program. */
  readonly command: string;
}

const OLD = { name: "debian-12", command: "/usr/sbin/nginx" };
const SUITES = ["trixie", "sid"] as const;
const LOCK_STALE_MILLIS = 10 * 60_000;
const MOST_TRIES = 3;

/**
 * Three generations: Debian 12's own, and those of two later suites, which keep TLS sessions over a reload when a shared
 * cache lets them. The later ones are made once (half a minute, 230 MB each) in `$XDG_CACHE_HOME/latchkey-test`.
 * `onMake` is told before one is made. Throws with the command to type when something is missing and this is not root.
 */
export async function nginxVersions(onMake: (suite: string) => void = () => {}): Promise<NginxVersion[]> {
  if (!(await exists(OLD.command))) throw new Error("nginx is missing. Type: apt-get install nginx debootstrap patchelf");
  const later = await Promise.allSettled(SUITES.map(async (suite) => ({ name: suite, command: await nginxOf(suite, onMake) })));
  const failed = later.filter((made) => made.status === "rejected").map(({ reason }) => (reason as Error).message);
  if (failed.length > 0) throw new Error(failed.join("\n"));
  return [OLD, ...later.flatMap((made) => (made.status === "fulfilled" ? [made.value] : []))];
}

async function nginxOf(suite: (typeof SUITES)[number], onMake: (suite: string) => void): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "latchkey-test");
  const folder = join(cache, `debian-${suite}`);
  const program = join(folder, "usr/sbin/nginx");
  if (await exists(program)) return program;
  onMake(suite);
  await mkdir(cache, { recursive: true });
  await withLock(`${folder}.lock`, async () => {
    if (!(await exists(program))) await make(suite, folder);
  });
  return program;
}

/**
 * Unpacks nginx and all that it needs, and sets nothing up: its own loader and libraries are enough to run it. They are written into the program
 * itself: one that is started through a loader's command line hides its processes' titles. Beside its place, then renamed: a run that was cut short
 * leaves nothing that looks whole.
 */
async function make(suite: string, folder: string): Promise<void> {
  const mirror = await mirrorOfThisMachine();
  const beside = `${folder}.new`;
  await download(suite, beside, mirror);
  const packages = join(beside, "var/cache/apt/archives");
  for (const name of await readdir(packages)) if (name.endsWith(".deb")) await run("dpkg-deb", ["-x", join(packages, name), beside]);
  await rm(packages, { recursive: true });
  const loader = ["--set-interpreter", `${folder}/usr/lib64/ld-linux-x86-64.so.2`];
  const libraries = ["--force-rpath", "--set-rpath", `${folder}/usr/lib/x86_64-linux-gnu`];
  await run("patchelf", [...loader, ...libraries, join(beside, "usr/sbin/nginx")]);
  await rm(folder, { recursive: true, force: true });
  await rename(beside, folder);
}

/** The archive may fail for a moment; what has come is kept for the next try. Only root may: whoever is not does it by hand, and gives us the files. */
async function download(suite: string, into: string, mirror: string): Promise<void> {
  const args = ["--variant=minbase", "--download-only", "--include=nginx", suite, into, mirror];
  if (process.getuid?.() !== 0) {
    if (await isOurs(into)) return;
    const command = `sudo debootstrap ${args.join(" ")} && sudo chown -R "$(id -un)" ${into}`;
    throw new Error(
      `The tests need the nginx of Debian's ${suite}, which only root may download. Type this, then try again:\n\n  ${command}\n`,
    );
  }
  await rm(into, { recursive: true, force: true });
  for (let tries = 1; ; tries++) {
    try {
      await run("debootstrap", args, { timeout: LOCK_STALE_MILLIS, maxBuffer: 16 * 1024 * 1024 });
      return;
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    }
  }
}

async function isOurs(folder: string): Promise<boolean> {
  return (await exists(folder)) && (await stat(folder)).uid === process.getuid?.();
}

/** The first archive that apt itself uses: its address is the machine's business, never ours. */
export async function mirrorOfThisMachine(): Promise<string> {
  const { stdout } = await run("apt-get", ["indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(CODENAME)"]);
  const archive = stdout.split("\n").find((line) => /^\S+ Debian \w+$/.test(line) && !line.includes("security"));
  const [address] = archive?.split(" ") ?? [];
  if (address === undefined) throw new Error("apt knows no Debian archive: look at `apt-get indextargets`, and run `apt-get update`.");
  return address;
}

/** One process at a time. A lock whose owner is gone, or that is older than ten minutes, counts for nothing. */
async function withLock(path: string, work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      const lock = await open(path, "wx");
      await lock.writeFile(String(process.pid));
      await lock.close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (await isStale(path)) await rm(path, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const owner = Number(await readFile(path, "utf8"));
    const age = Date.now() - (await stat(path)).mtimeMs;
    return age > LOCK_STALE_MILLIS || (owner > 0 && !(await exists(`/proc/${owner}`)));
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
