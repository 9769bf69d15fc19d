// npm run bench: installs and builds what is missing, then measures. What stands behind `--` goes to test/bench/main.ts.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { installDebianPackages } from "./debian-packages.mjs";
import { build, checkNode, installPackages, root } from "./install.mjs";

checkNode();
installPackages();
installDebianPackages(["nginx-light", "openssl", "easy-rsa", "golang-cfssl", "util-linux", "iproute2"]);
build();
const child = spawn(process.execPath, [join(root, "dist/test/bench/main.js"), ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
});
// A terminal's Ctrl-C reaches the child by itself; what is sent to this process alone is passed on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
