// npm run check: lint, format, the proto's lint, types and import rules, in seconds.
import { join } from "node:path";
import { checkImports } from "./check-imports.mjs";
import { checkNode, installPackages, root, run } from "./install.mjs";

export function check() {
  const bin = (name) => join(root, "node_modules", ".bin", name);
  run(bin("biome"), ["check", "."]);
  run(bin("buf"), ["lint"]);
  run(bin("buf"), ["format", "--exit-code", "-d"]);
  const broken = checkImports(root);
  if (broken.length > 0) {
    console.error(`Imports that docs/architecture.md does not allow:\n${broken.map((line) => `  ${line}`).join("\n")}`);
    process.exit(1);
  }
  // The types are checked by the build.
  run(process.execPath, [join(root, "scripts", "build.mjs")]);
}

if (process.argv[1]?.endsWith("check.mjs")) {
  checkNode();
  installPackages();
  check();
}
