import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mirrorOfThisMachine } from "./nginx-versions.js";
import type { Output } from "./serve.js";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SUITE = "trixie";
const NODE = "22";

/** A container engine (podman, buildah) with images, containers and networks of its own, in a folder of its own. Needs root. */
export interface Engine {
  readonly folder: string;
  /** Runs a program with the engine's environment; answers what it said. */
  run(command: string, ...args: readonly string[]): Promise<Output>;
  /** The same, and throws what it said when it fails. Answers its standard output. */
  must(command: string, ...args: readonly string[]): Promise<string>;
  /** Builds a target of our Dockerfile by that name, dated `epoch` seconds. */
  build(target: string, name: string, flags?: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

/** Any moment will do, if it is the same: what is built with it is the same, too. It is in the past, since the CA signs nothing before it. */
const EPOCH = "1767225600";

/** `under`: what runs the engine's programs, and becomes them: `nsenter --net=…`. Building is done without. */
export async function createEngine(under: readonly string[]): Promise<Engine> {
  if (process.getuid?.() !== 0) throw new Error("The containers' test needs root. Type: sudo npm run test:containers");
  const folder = await mkdtemp(join(tmpdir(), "latchkey-containers-"));
  const inFolder = (name: string) => join(folder, name);
  // What the machine has for its own containers counts for nothing. Locks are files, and not the machine's shared memory.
  await writeFile(
    inFolder("containers.conf"),
    `[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
lock_type = "file"
events_logger = "file"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[network]
network_backend = "netavark"
network_config_dir = "${inFolder("networks")}"
`,
  );
  await writeFile(
    inFolder("storage.conf"),
    `[storage]\ndriver = "overlay"\ngraphroot = "${inFolder("storage")}"\nrunroot = "${inFolder("run")}"\n`,
  );
  const env = {
    ...process.env,
    CONTAINERS_CONF: inFolder("containers.conf"),
    CONTAINERS_STORAGE_CONF: inFolder("storage.conf"),
    // Health is asked when a test wants to know it; without systemd nobody else would.
    DISABLE_HC_SYSTEMD: "true",
  };
  const execute = (words: readonly string[]): Promise<Output> => {
    const [command = "", ...args] = words;
    return new Promise((resolve) => {
      execFile(command, args, { env, cwd: folder, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, stdout, stderr }),
      );
    });
  };
  const mustExecute = async (words: readonly string[]) => {
    const { code, stdout, stderr } = await execute(words);
    if (code !== 0) throw new Error(`${words.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  };
  const engine: Engine = {
    folder,
    run: (...words) => execute([...under, ...words]),
    must: (...words) => mustExecute([...under, ...words]),
    async build(target, name, flags = []) {
      const dated = ["--timestamp", EPOCH, "--build-arg", `SOURCE_DATE_EPOCH=${EPOCH}`];
      const how = ["--isolation", "chroot", "--layers", "--pull-never", ...dated];
      await mustExecute(["buildah", "bud", ...how, ...flags, "--target", target, "-t", name, ROOT]);
    },
    async remove() {
      await execute([...under, "podman", "rm", "--all", "--force", "--time", "0"]);
      await execute(["umount", "--recursive", inFolder("storage/overlay")]);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await importBases(mustExecute, folder, env);
  } catch (error) {
    await engine.remove();
    throw error;
  }
  return engine;
}

/**
 * Stand-ins for the images that the Dockerfile begins from, under their names: images can't be pulled here. Debian by debootstrap, and Node's program from
 * npm's package of it, where Node's own image has it. Kept in `$XDG_CACHE_HOME/latchkey-test`.
 */
async function importBases(must: (words: readonly string[]) => Promise<string>, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "latchkey-test", "containers");
  await mkdir(cache, { recursive: true });
  const [base, node] = [join(cache, `${SUITE}.tar`), join(cache, `node-${NODE}.tar`)];
  const tree = join(folder, "base");
  if (!existsSync(base)) {
    await must(["debootstrap", "--variant=minbase", SUITE, tree, await mirrorOfThisMachine()]);
    await rm(join(tree, "var/cache/apt/archives"), { recursive: true });
    await keep(base, (path) => must(["tar", "-C", tree, "-cf", path, "."]));
    await rm(tree, { recursive: true });
  }
  if (!existsSync(node)) {
    const packages = join(folder, "packages");
    await must(["npm", "install", "--silent", "--no-save", "--prefix", packages, `node@${NODE}`, "npm@10"]);
    // One whole tree: podman takes no archive that names a folder twice, as one does to which something is appended.
    await mkdir(tree);
    await must(["tar", "-C", tree, "-xf", base]);
    const local = join(tree, "usr/local");
    for (const name of ["bin", "lib/node_modules"]) await mkdir(join(local, name), { recursive: true });
    await cp(join(packages, "node_modules/node/bin/node"), join(local, "bin/node"));
    await cp(join(packages, "node_modules/npm"), join(local, "lib/node_modules/npm"), { recursive: true });
    await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(local, "bin/npm"));
    await keep(node, (path) => must(["tar", "-C", tree, "-cf", path, "."]));
    await rm(tree, { recursive: true });
    await rm(packages, { recursive: true });
  }
  await must(["podman", "import", "--quiet", base, `docker.io/library/debian:${SUITE}-slim`]);
  await importNode(must, folder, node, env.NODE_EXTRA_CA_CERTS);
}

/** A machine whose npm needs a CA of its own to reach the registry has it in the building stage as well, and in no other. */
async function importNode(
  must: (words: readonly string[]) => Promise<string>,
  folder: string,
  tar: string,
  ca: string | undefined,
): Promise<void> {
  const name = `docker.io/library/node:${NODE}-${SUITE}-slim`;
  if (ca === undefined) return void (await must(["podman", "import", "--quiet", tar, name]));
  const [own, place] = [join(folder, "node.tar"), "usr/local/share/extra-ca.pem"];
  await cp(tar, own);
  await mkdir(join(folder, "usr/local/share"), { recursive: true });
  await cp(ca, join(folder, place));
  await must(["tar", "-C", folder, "-rf", own, place]);
  await must(["podman", "import", "--quiet", "--change", `ENV=NODE_EXTRA_CA_CERTS=/${place}`, own, name]);
  await rm(own);
}

/** Made beside its place: what was cut short never looks whole. */
async function keep(path: string, make: (beside: string) => Promise<unknown>): Promise<void> {
  const beside = `${path}.${process.pid}`;
  await make(beside);
  await rename(beside, path);
}
