// Generates the gRPC code from proto/, compiles everything with tsc into dist/, and makes the two commands executable.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build as esbuild } from "esbuild";
import { newestSource, root, run } from "./install.mjs";

const bin = (name) => join(root, "node_modules", ".bin", name);

const newest = (dir, endings) =>
  readdirSync(join(root, dir), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);

const CHUNKS = join("clients", "chunks");
const COMMANDS = ["clients/cli/latchkey", "clients/nginx/latchkey-nginx"];

function generate() {
  const stamp = join(root, "generated", "latchkey.binpb");
  const made = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  const wanted = Math.max(newest("proto", [".proto"]), statSync(join(root, "buf.gen.yaml")).mtimeMs);
  if (made > wanted) return;
  rmSync(join(root, "generated"), { recursive: true, force: true });
  mkdirSync(join(root, "generated"));
  run(bin("buf"), ["generate"]);
  // The descriptors that the reflection service serves.
  run(bin("buf"), ["build", "-o", stamp]);
}

function stampBuild() {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const sources = ["services", "clients", "proto"].map((dir) => newest(dir, [".ts", ".proto"]));
  // The CA refuses to sign while its clock is before this time.
  // A release's is that of its commit: a checkout gives every file the time of the checkout.
  const epoch = process.env.SOURCE_DATE_EPOCH;
  const time = new Date(epoch === undefined ? Math.max(...sources) : Number(epoch) * 1_000).toISOString();
  const text = `export const VERSION = ${JSON.stringify(version)};\nexport const BUILD_TIME = new Date(${JSON.stringify(time)});\n`;
  const file = join(root, "generated", "build.ts");
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

function compile() {
  run(bin("tsc"), ["-p", "tsconfig.json"]);
  run(bin("tsc"), ["-p", "tsconfig.browser.json"]);
  writeFileSync(join(root, "dist", "generated", "latchkey.binpb"), readFileSync(join(root, "generated", "latchkey.binpb")));
}

function makeExecutable() {
  for (const name of COMMANDS) chmodSync(join(root, "dist", `${name}.js`), 0o755);
}

/** Of a source that is not there any more nothing is run, nor published. */
function removeStale() {
  // In an image there are no tests.
  for (const dir of ["clients", "generated", "services", "test"].filter((name) => existsSync(join(root, "dist", name)))) {
    for (const name of readdirSync(join(root, "dist", dir), { recursive: true, encoding: "utf8" })) {
      const isBundled = join(dir, name).startsWith(CHUNKS);
      if (name.endsWith(".js") && !isBundled && !existsSync(join(root, dir, name.replace(/js$/, "ts"))))
        rmSync(join(root, "dist", dir, name));
    }
  }
}

/** The script of the enrolment page: a small file, and what it loads when it is needed, each named by its content. */
async function bundleForBrowsers() {
  const outdir = join(root, "dist", "browser");
  rmSync(outdir, { recursive: true, force: true });
  await esbuild({
    entryPoints: { enroll: join(root, "services", "enrollment", "browser", "main.ts") },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["es2022", "safari15", "chrome100", "firefox100"],
    minify: true,
    legalComments: "none",
    chunkNames: "assets/[name]-[hash]",
    logLevel: "warning",
  });
}

/**
 * Files that code finds by where it lies itself, and what is loaded later than at a start: a service that runs on while its package is upgraded still finds it.
 * CommonJS that is loaded by `import()`, too: in a bundle it has no names, but a default alone.
 */
const UNBUNDLED = [
  "classic-level",
  "grpc-health-check",
  "@grpc/proto-loader",
  "@grpc/reflection",
  "@peculiar/x509",
  "nodemailer",
  "qrcode",
  "reflect-metadata",
  "yaml",
];

/** What a library requires by a name that it makes up is found from here; and chunks keep no order among themselves, but grpc-log.ts must be before grpc-js. */
const BANNER = `import { createRequire as makeRequire } from "node:module";
const require = makeRequire(import.meta.url);
if (!process.env.LATCHKEY_DEBUG) process.env.GRPC_VERBOSITY ??= "NONE";`;

/** Each command, and what it loads when it is needed, in a few files instead of hundreds: a third of a start was finding and reading those. */
async function bundleCommands() {
  const outdir = join(root, "dist");
  const { metafile } = await esbuild({
    entryPoints: Object.fromEntries(COMMANDS.map((name) => [name, join(root, `${name}.ts`)])),
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external: UNBUNDLED,
    banner: { js: BANNER },
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    chunkNames: join(CHUNKS, "[name]-[hash]"),
    plugins: [keepPlaces],
    metafile: true,
    logLevel: "error",
  });
  refuseNameless(metafile);
  // The same without a bundle: a profile of it names the file that each function is in.
  const profiled = { [join("clients", "cli", "unbundled")]: join(root, "clients", "cli", "latchkey.ts") };
  await esbuild({ entryPoints: profiled, outdir, format: "esm", platform: "node", target: "node20.19", logLevel: "error" });
  const made = new Set(Object.keys(metafile.outputs).map((path) => join(root, path)));
  for (const name of readdirSync(join(outdir, CHUNKS))) if (!made.has(join(outdir, CHUNKS, name))) rmSync(join(outdir, CHUNKS, name));
}

/** Throws where `import()` would get a CommonJS module of the bundle: every name that is taken out of it would be undefined. */
function refuseNameless({ inputs }) {
  for (const [importer, { imports }] of Object.entries(inputs))
    for (const { kind, path, external } of imports)
      if (kind === "dynamic-import" && !external && inputs[path]?.format === "cjs")
        throw new Error(`${importer} loads ${path}, which is CommonJS: add its package to UNBUNDLED in scripts/build.mjs`);
}

/** `import.meta.url` is where tsc puts the module, wherever the bundle has it. Each file of the bundle lies two folders below dist. */
const keepPlaces = {
  name: "keep-places",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!text.includes("import.meta.url")) return undefined;
      const place = JSON.stringify(`../../${relative(root, path).replace(/ts$/, "js")}`);
      return { contents: text.replaceAll("import.meta.url", `new URL(${place}, import.meta.url).href`), loader: "ts" };
    });
  },
};

generate();
stampBuild();
compile();
removeStale();
await bundleCommands();
makeExecutable();
await bundleForBrowsers();
writeFileSync(join(root, "dist", ".built"), newestSource());
