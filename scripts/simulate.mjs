// npm run simulate: builds what is missing, then reckons. What stands behind `--` goes to test/bench/simulate/main.ts.
import { join } from "node:path";
import { build, checkNode, installPackages, root, run } from "./install.mjs";

checkNode();
installPackages();
build();
run(process.execPath, [join(root, "dist/test/bench/simulate/main.js"), ...process.argv.slice(2)]);
