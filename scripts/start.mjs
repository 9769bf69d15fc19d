// npm start: installs and builds what is missing, then serves. What stands behind `--` goes to `latchkey serve`.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build, checkNode, installPackages, root } from "./install.mjs";

checkNode();
installPackages();
build();
const child = spawn(process.execPath, [join(root, "dist/clients/cli/latchkey.js"), "serve", ...process.argv.slice(2)], {
  stdio: "inherit",
});
// A terminal's Ctrl-C reaches the child by itself; what is sent to this process alone is passed on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
