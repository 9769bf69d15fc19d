// npm run dev: builds, serves, and does both again when a source changes. What stands behind `--` goes to `latchkey serve`.
import { spawn } from "node:child_process";
import { watch } from "node:fs";
import { join } from "node:path";
import { checkNode, installPackages, root, tryBuild } from "./install.mjs";

const QUIET_MILLIS = 300;

checkNode();
installPackages();
/** The `latchkey serve` that runs. */
let child;
/** What its end is followed by. */
let next = "nothing";
let timer;

function rebuild() {
  if (tryBuild() !== 0) {
    const goesOn = child === undefined ? "Nothing is served yet" : "What was built before goes on serving";
    return console.error(`It does not build. ${goesOn}; the next change is tried again.`);
  }
  if (child === undefined) return serve();
  next = "serve";
  child.kill("SIGTERM");
}

function serve() {
  next = "nothing";
  const started = spawn(process.execPath, [join(root, "dist/clients/cli/latchkey.js"), "serve", ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  child = started;
  started.once("exit", () => {
    child = undefined;
    if (next === "serve") serve();
    else if (next === "exit") process.exit();
    else console.error("It has ended; the next change starts it again.");
  });
}

// Nothing is left behind. (A terminal's Ctrl-C reaches the child, too: it takes two at once for one.)
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (child === undefined) process.exit();
    next = "exit";
    child.kill("SIGTERM");
  });
}
process.on("exit", () => child?.kill("SIGTERM"));

for (const folder of ["proto", "services", "clients"]) {
  watch(join(root, folder), { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(rebuild, QUIET_MILLIS);
  });
}
rebuild();
