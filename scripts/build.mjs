// Generates the gRPC code from proto/, compiles everything with tsc into dist/, and makes the two commands executable.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build as esbuild } from "esbuild";
import { newestSource, root, run } from "./install.mjs";

const bin = (name) => join(root, "node_modules", ".bin", name);

const newest = (dir, endings) =>
  readdirSync(join(root, dir), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);

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
  for (const command of ["dist/clients/cli/latchkey.js", "dist/clients/nginx/latchkey-nginx.js"]) {
    if (existsSync(join(root, command))) chmodSync(join(root, command), 0o755);
  }
}

/** Of a source that is not there any more nothing is run, nor published. */
function removeStale() {
  // In an image there are no tests.
  for (const dir of ["clients", "generated", "services", "test"].filter((name) => existsSync(join(root, "dist", name)))) {
    for (const name of readdirSync(join(root, "dist", dir), { recursive: true, encoding: "utf8" })) {
      if (name.endsWith(".js") && !existsSync(join(root, dir, name.replace(/js$/, "ts")))) rmSync(join(root, "dist", dir, name));
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

generate();
stampBuild();
compile();
removeStale();
await bundleForBrowsers();
writeFileSync(join(root, "dist", ".built"), newestSource());
