// npm run test:containers: builds the images of the Dockerfile, and runs docker-compose.yml for real, with an engine of the test's own. Apart from `npm test`:
// it takes minutes. Needs root.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { installDebianPackages } from "./debian-packages.mjs";
import { build, checkNode, installPackages, root, run } from "./install.mjs";

const PACKAGES = [
  "podman",
  "podman-compose",
  "docker-compose",
  "buildah",
  "runc",
  "netavark",
  "aardvark-dns",
  "iptables",
  "debootstrap",
  "iproute2",
  "nftables",
  "util-linux",
  "curl",
];
const LONGEST_TEST_MILLIS = 1_200_000;

checkNode();
installPackages();
installDebianPackages(PACKAGES);
build();
const folder = join(root, "dist", "test", "containers");
const files = readdirSync(folder).filter((name) => name.endsWith(".test.js"));
run(process.execPath, [
  "--test",
  "--test-reporter=spec",
  `--test-timeout=${LONGEST_TEST_MILLIS}`,
  ...files.map((name) => join(folder, name)),
]);
