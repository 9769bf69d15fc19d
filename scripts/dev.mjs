// npm run dev: builds, serves, and does both again when a source changes.
import { spawn } from "node:child_process";
import { watch } from "node:fs";
import { join } from "node:path";
import { build, checkNode, installPackages, root } from "./install.mjs";

checkNode();
installPackages();
let child;
let timer;

function restart() {
  build();
  const start = () => {
    child = spawn(process.execPath, [join(root, "dist/clients/cli/latchkey.js"), "serve", ...process.argv.slice(2)], { stdio: "inherit" });
  };
  if (child === undefined || child.exitCode !== null) return start();
  child.once("exit", start);
  child.kill("SIGTERM");
}

for (const folder of ["proto", "services", "clients"]) {
  watch(join(root, folder), { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(restart, 300);
  });
}
restart();
