// Makes sure that the npm packages are there, and as package-lock.json wants them. Plain Node: it runs before they are.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const OLDEST = [20, 19];

/** Says plainly what is missing, instead of failing somewhere inside. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  console.error(`Latchkey needs Node ${OLDEST.join(".")} or newer; this is ${process.versions.node}. Install a newer one, then try again.`);
  process.exit(1);
}

/** Installs what is missing; seconds when nothing is. */
export function installPackages() {
  const marker = join(root, "node_modules", ".package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs && holdsAll(marker, lock)) return;
  console.error("Installing the npm packages …");
  // No package of ours needs its install script: prebuilt binaries are in the packages themselves. Not `npm ci`: a registry that
  // lacks the binaries of other platforms leaves them out of the lock file, and `npm ci` takes offence at that.
  run("npm", ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
}

function holdsAll(marker, lock) {
  const { packages: present } = JSON.parse(readFileSync(marker, "utf8"));
  const { packages: wanted } = JSON.parse(readFileSync(lock, "utf8"));
  return Object.entries(wanted).every(([name, { version, optional }]) => name === "" || optional || present[name]?.version === version);
}

/** Builds what is missing or older than its source. */
export function build() {
  const built = join(root, "dist", ".built");
  if (existsSync(built) && readFileSync(built, "utf8") === newestSource()) return;
  console.error("Building …");
  run(process.execPath, [join(root, "scripts", "build.mjs")]);
}

/** Which build this is: the newest time, and the number, of all the files that it reads. */
export function newestSource() {
  let newest = 0;
  let files = 0;
  const look = (path) => {
    const entry = statSync(path);
    if (entry.isDirectory()) {
      for (const name of readdirSync(path)) look(join(path, name));
      return;
    }
    newest = Math.max(newest, entry.mtimeMs);
    files += 1;
  };
  for (const name of [
    "proto",
    "services",
    "clients",
    "test",
    "scripts",
    "package.json",
    "tsconfig.json",
    "tsconfig.browser.json",
    "buf.gen.yaml",
  ])
    look(join(root, name));
  return `${newest} ${files}`;
}

export function run(command, args, options = {}) {
  try {
    execFileSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], ...options });
  } catch (error) {
    if (error.code === "ENOENT") console.error(`${command} is missing on this machine.`);
    process.exit(error.status || 1);
  }
}
