// npm test: installs what is missing, checks everything, runs every test (or those whose path holds a given word), and ends with
// `N passed, N failed`.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { check } from "./check.mjs";
import { installDebianPackages } from "./debian-packages.mjs";
import { checkNode, installPackages, root } from "./install.mjs";
import { slowest } from "./slowest-reporter.mjs";

const FOLDERS = ["unit", "interop", "integration", "faults", "e2e"];
/** Most of a test's time is waiting, so that several files go at a time, on however few cores. */
const CONCURRENCY = 4;
/** Against what hangs, not against what is slow: the machine may have other work. */
const LONGEST_FILE_MILLIS = 900_000;

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

const words = process.argv.slice(2);
checkNode();
installPackages();
installDebianPackages();
check();
await prepareNginx();

const files = testFiles().filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
const { passed, failed } = files.length === 0 ? { passed: 0, failed: 0 } : await runFiles(files);
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

/** Each file in a process of its own, in this order (the command `node --test` has an order of its own). Answers how many tests passed and failed. */
async function runFiles(files) {
  process.env.PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
  process.chdir(root);
  const events = run({ files, concurrency: CONCURRENCY, timeout: LONGEST_FILE_MILLIS });
  let [passed, failed] = [0, 0];
  events.on("data", ({ type, data }) => {
    if (data?.details?.type === "suite") return;
    // What was skipped was not shown to be right.
    if (type === "test:fail" || (type === "test:pass" && (data.skip !== undefined || data.todo !== undefined))) failed += 1;
    else if (type === "test:pass") passed += 1;
  });
  const told = [spec, slowest].map(async (reporter) => {
    for await (const text of events.compose(reporter)) process.stdout.write(text);
  });
  await Promise.all(told);
  return { passed, failed };
}
