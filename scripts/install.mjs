// Makes sure that the npm packages are there, and as package-lock.json wants them. Plain Node: it runs before they are.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
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
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, stderr, error } = spawnSync("npm", args, { cwd: root, stdio: ["ignore", "inherit", "pipe"], encoding: "utf8" });
  if (error?.code === "ENOENT") endFor("npm is missing on this machine: it comes with Node, or with the package `npm`.");
  if (status !== 0) endFor(explainInstall(stderr ?? String(error)), status);
  process.stderr.write(stderr);
}

const UNREACHABLE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|EPROTO|ERR_SOCKET_TIMEOUT)\b/;

/** What it means first; npm's own words, which are for those who know npm, below. */
function explainInstall(words) {
  const what = "The npm packages could not be installed: the first start needs the npm registry once";
  const meaning = UNREACHABLE.test(words)
    ? `${what}, and it can't be reached.\nLook at this machine's network (or at npm's proxy settings), then start again.`
    : `${what}.\nMend what npm says, then start again.`;
  return `${meaning}\n\nWhat npm says:\n${words.trimEnd().replaceAll(/^/gm, "  ")}`;
}

function holdsAll(marker, lock) {
  const { packages: present } = JSON.parse(readFileSync(marker, "utf8"));
  const { packages: wanted } = JSON.parse(readFileSync(lock, "utf8"));
  return Object.entries(wanted).every(([name, { version, optional }]) => name === "" || optional || present[name]?.version === version);
}

/** Builds what is missing or older than its source; ends this process if that fails. */
export function build() {
  const status = tryBuild();
  if (status !== 0) process.exit(status);
}

/** Builds what is missing or older than its source. Answers the exit status. */
export function tryBuild() {
  const built = join(root, "dist", ".built");
  if (existsSync(built) && readFileSync(built, "utf8") === newestSource()) return 0;
  console.error("Building …");
  return tryRun(process.execPath, [join(root, "scripts", "build.mjs")]);
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
    // Libraries are bundled into the commands: a newer one counts once it is built in.
    "package-lock.json",
    "tsconfig.json",
    "tsconfig.browser.json",
    "buf.gen.yaml",
  ])
    look(join(root, name));
  return `${newest} ${files}`;
}

/** Runs a program; when it fails, says which one it was, below what it has said itself, and ends this process. */
export function run(command, args) {
  const status = tryRun(command, args);
  if (status !== 0) process.exit(status);
}

function tryRun(command, args) {
  try {
    execFileSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    return 0;
  } catch (error) {
    if (error.code === "ENOENT") console.error(`${command} is missing on this machine.`);
    else console.error(`\`${[basename(command), ...args].join(" ")}\` failed: what it says stands above.`);
    return error.status || 1;
  }
}

function endFor(words, status) {
  console.error(words);
  process.exit(status || 1);
}
