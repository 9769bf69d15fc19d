// npm run package: what a release is made of, into release/: the npm package, a Debian package, the bill of materials (CycloneDX), and their checksums. The
// same sources give the same files.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { checkNode, installPackages, root, run } from "./install.mjs";

const { name, version, description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const MAINTAINER = "The Latchkey maintainers <maintainers@latchkey.invalid>";
/** What the program is, beside its packages: what package.json publishes. */
const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const { folder, asBuilt } = readOptions();
checkNode();
installPackages();
const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? sourceTime());
process.env.SOURCE_DATE_EPOCH = String(epoch);
if (!asBuilt) run(process.execPath, [join(root, "scripts", "build.mjs")]);

// npm runs this in the project's folder, and says where it was called from itself.
const release = folder === undefined ? join(root, "release") : resolve(process.env.INIT_CWD ?? ".", folder);
mkdirSync(release, { recursive: true });
const packages = productionPackages();
const bom = billOfMaterials();
const made = [writeBom(), writeTarball(), writeDeb()];
const sums = made.map((file) => `${sha256(readFileSync(join(release, file)))}  ${file}\n`).join("");
writeFileSync(join(release, "SHA256SUMS"), sums);
process.stdout.write(sums);

/** `npm run package [-- FOLDER]`. `--as-built`: of what lies in dist, for the tests, which run on it meanwhile. */
function readOptions() {
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options: { "as-built": { type: "boolean", default: false } } });
    if (positionals.length > 1) throw new Error("There is one folder at most.");
    return { folder: positionals[0], asBuilt: values["as-built"] };
  } catch (error) {
    console.error(`${error.message}\n\nnpm run package [-- FOLDER]   (release/ if none is named)`);
    process.exit(2);
  }
}

/** Seconds: of the last commit, so that whoever builds it later gets the same. */
function sourceTime() {
  return execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: root, encoding: "utf8" }).trim();
}

/**
 * The folders of the packages that the program runs with, below node_modules, by the lock file. (`npm sbom --omit=dev` of npm 11 leaves out what is needed for
 * building, too: @bufbuild/protobuf, for one.)
 */
function productionPackages() {
  const locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(locked)
    .filter(([path, { dev, devOptional, peer }]) => path !== "" && !dev && !devOptional && !peer && existsSync(join(root, path)))
    .map(([path, { version }]) => ({ path, ref: `${path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)}@${version}` }));
}

/** npm's own, without what is for building alone, and without what differs from one run to the next. */
function billOfMaterials() {
  const args = ["sbom", "--sbom-format=cyclonedx"];
  const made = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 }));
  const refs = new Set([`${name}@${version}`, ...packages.map(({ ref }) => ref)]);
  const components = made.components.filter((one) => refs.has(one["bom-ref"]));
  const dependencies = made.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }));
  const digest = sha256(JSON.stringify([version, components.map(({ "bom-ref": ref, hashes }) => [ref, hashes])]));
  const uuid = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  const { tools: _tools, ...metadata } = made.metadata;
  return {
    ...made,
    serialNumber: `urn:uuid:${uuid}`,
    metadata: {
      ...metadata,
      timestamp: new Date(epoch * 1_000).toISOString(),
      component: { ...metadata.component, name, type: "application" },
    },
    components,
    dependencies,
  };
}

function writeBom() {
  const file = `${name}-${version}.cdx.json`;
  writeFileSync(join(release, file), `${JSON.stringify(bom, null, 2)}\n`);
  return file;
}

function writeTarball() {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", release];
  const [packed] = JSON.parse(
    execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26 }),
  );
  return packed.filename;
}

/** No script runs at its installation or removal: what is to run, `latchkey service install` says, and data stays where it is. */
function writeDeb() {
  const stage = mkdtempSync(join(tmpdir(), "latchkey-deb-"));
  try {
    const lib = join(stage, "usr/lib/latchkey");
    mkdirSync(lib, { recursive: true });
    for (const file of [...files, "package.json"]) cpSync(join(root, file), join(lib, file), { recursive: true });
    for (const { path } of packages) {
      const from = join(root, path);
      // Its own node_modules hold packages that are listed themselves.
      cpSync(from, join(lib, path), { recursive: true, filter: (one) => !relative(from, one).split("/").includes("node_modules") });
    }
    for (const [command, script] of [
      ["latchkey", "cli/latchkey.js"],
      ["latchkey-nginx", "nginx/latchkey-nginx.js"],
    ])
      put(stage, `usr/bin/${command}`, `#!/bin/sh\nexec node /usr/lib/latchkey/dist/clients/${script} "$@"\n`, 0o755);
    const doc = `usr/share/doc/${name}`;
    put(stage, `${doc}/copyright`, readFileSync(join(root, "LICENSE")));
    put(stage, `${doc}/changelog.gz`, gzipSync(readFileSync(join(root, "CHANGELOG.md")), { level: 9 }));
    put(stage, `${doc}/${name}.cdx.json`, JSON.stringify(bom, null, 2));
    put(stage, "DEBIAN/control", control(Math.ceil(octetsIn(stage) / 1_024)));
    settle(stage);
    const file = `${name}_${version}_${architecture()}.deb`;
    execFileSync("dpkg-deb", ["--root-owner-group", "-Zzstd", "-z9", "--build", stage, join(release, file)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    return file;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function control(kilobytes) {
  return `Package: ${name}
Version: ${version}
Architecture: ${architecture()}
Maintainer: ${MAINTAINER}
Installed-Size: ${kilobytes}
Depends: nodejs (>= 20.19)
Suggests: nginx
Section: admin
Priority: optional
Description: private certificate authority for a house's front door
 ${description}
`;
}

/** The store's engine is native code; npm's package has it ready for each, and node loads its own. */
function architecture() {
  return execFileSync("dpkg", ["--print-architecture"], { encoding: "utf8" }).trim();
}

function put(stage, path, content, mode = 0o644) {
  mkdirSync(join(stage, path, ".."), { recursive: true });
  writeFileSync(join(stage, path), content, { mode });
}

/** The same modes and times, whatever the umask and the checkout. */
function settle(path) {
  const stats = statSync(path);
  if (stats.isDirectory()) for (const inner of readdirSync(path)) settle(join(path, inner));
  chmodSync(path, stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644);
  utimesSync(path, epoch, epoch);
}

function octetsIn(path) {
  const stats = statSync(path);
  return stats.isDirectory() ? readdirSync(path).reduce((sum, inner) => sum + octetsIn(join(path, inner)), 0) : stats.size;
}

function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}
