// npm test: installs what is missing, checks everything, runs every test (or those whose path holds a given word), and ends with
// `N passed, N failed`.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { check } from "./check.mjs";
import { installDebianPackages } from "./debian-packages.mjs";
import { checkNode, installPackages, root } from "./install.mjs";

const FOLDERS = ["unit", "interop", "integration", "faults", "e2e"];
/** Most of a test's time is waiting, so that several files go at a time, on however few cores. */
const CONCURRENCY = 4;
/** Against what hangs, not against what is slow: the machine may have other work. */
const LONGEST_TEST_MILLIS = 600_000;

/** The longest begin first: at the end a core would wait for the other. */
const LONGEST = [
  "faults/kill",
  "faults/hook-kill",
  "e2e/page",
  "e2e/doctor-door",
  "e2e/own-key",
  "integration/enrollment-certificate",
  "integration/cli-transcripts",
  "e2e/attacks",
  "interop/",
  "e2e/hook-",
  "integration/hook-",
  "integration/first-run",
  "e2e/platform-flows",
  "e2e/package",
  "e2e/service",
  "faults/",
  "e2e/",
];

const REPORTERS = ["spec", join(root, "scripts", "slowest-reporter.mjs")].flatMap((reporter) => [
  `--test-reporter=${reporter}`,
  "--test-reporter-destination=stdout",
]);

const words = process.argv.slice(2);
checkNode();
installPackages();
installDebianPackages();
check();
await prepareNginx();

const files = testFiles().filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
const { passed, failed } = files.length === 0 ? { passed: 0, failed: 0 } : await run(files);
if (passed + failed === 0) console.error("No test was run.");
if (failed > 0 || passed === 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed`);

function testFiles() {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, "test", folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  )
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(root, "dist", "test", name.replace(/\.ts$/, ".js")))
    .toSorted((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
}

function rank(file) {
  const place = LONGEST.findIndex((name) => file.includes(join("test", name)));
  return place < 0 ? LONGEST.length : place;
}

/** The later generations of nginx are made once, here and not in a test, whose time is bounded. */
async function prepareNginx() {
  const { nginxVersions } = await import(join(root, "dist", "test", "support", "nginx-versions.js"));
  await nginxVersions((suite) => console.error(`Making the nginx of Debian's ${suite} for the tests, once …`)).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}

/** Answers how many passed and failed. */
function run(files) {
  const args = ["--test", `--test-concurrency=${CONCURRENCY}`, `--test-timeout=${LONGEST_TEST_MILLIS}`, ...REPORTERS, ...files];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, FORCE_COLOR: "0" },
    });
    let tail = "";
    child.stdout.on("data", (chunk) => {
      process.stdout.write(chunk);
      tail = (tail + chunk).slice(-2_000_000);
    });
    child.on("close", (code) => {
      const count = (name) => Number([...tail.matchAll(new RegExp(`^\\S* ?${name} (\\d+)$`, "gm"))].at(-1)?.[1] ?? 0);
      const bad = count("fail") + count("cancelled") + count("skipped") + count("todo");
      // A runner that ended badly without counting a failure has failed all the same.
      resolve({ passed: count("pass"), failed: bad === 0 && code !== 0 ? 1 : bad });
    });
  });
}
