// The Debian packages that the tests use: real readers, a real nginx, a real browser. Installed when they are missing.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const PACKAGES = [
  "nginx-light",
  "libnginx-mod-stream",
  "chromium",
  "openssl",
  "easy-rsa",
  "gnutls-bin",
  "libnss3-tools",
  "openjdk-17-jdk-headless",
  "libbcprov-java",
  "debootstrap",
  "patchelf",
  "iproute2",
  "nftables",
  "procps",
  "python3-minimal",
  "libpython3-stdlib",
  "util-linux",
  "curl",
  "libfaketime",
  "zbar-tools",
  "git",
  "dnsmasq-base",
  "unbound",
  "ddclient",
  "libio-socket-ssl-perl",
  "systemd",
  "logrotate",
  "apache2-bin",
  "prometheus",
  "haproxy",
  "caddy",
  "shellcheck",
  "sqlite3",
];

/** A package is there, or what it is wanted for is. */
const COMMANDS = {
  prometheus: "promtool",
  "golang-cfssl": "cfssl",
  "nginx-light": "nginx",
  chromium: "chromium",
  "openjdk-17-jdk-headless": "javac",
  "python3-minimal": "python3",
  "libpython3-stdlib": "python3",
  procps: "ps",
  "dnsmasq-base": "dnsmasq",
  unbound: "unbound-checkconf",
  systemd: "systemd-analyze",
};

/** All that the tests use, or those of it that are named. */
export function installDebianPackages(packages = PACKAGES) {
  const missing = packages.filter((name) => !isThere(name));
  if (missing.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const mayInstall = asRoot.length === 0 || spawnSync("sudo", ["-n", "true"]).status === 0;
  if (!mayInstall || spawnSync("apt-get", ["--version"]).status !== 0) {
    console.error(
      `This needs programs that are not on this machine. Install them, then try again:\n\n  sudo apt-get update && sudo ${line}\n`,
    );
    process.exit(1);
  }
  console.error(`Installing Debian packages: ${missing.join(" ")} …`);
  const apt = (...args) =>
    execFileSync(asRoot[0] ?? "apt-get", asRoot.length === 0 ? args : [...asRoot.slice(1), "apt-get", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  withoutServices(asRoot.length === 0, () => {
    apt("update", "-qq");
    apt("install", "-y", "-qq", "--no-install-recommends", ...missing);
  });
}

function isThere(name) {
  const command = COMMANDS[name];
  if (command !== undefined)
    return (
      spawnSync("sh", ["-c", `command -v ${command}`], { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } }).status ===
      0
    );
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is dpkg-query's own way to name a field
  return spawnSync("dpkg-query", ["-W", "-f=${Status}", name], { encoding: "utf8" }).stdout?.includes("install ok installed") ?? false;
}

/** Debian starts a service as soon as it is installed; the tests start their own, and leave the machine as it was. */
function withoutServices(isRoot, work) {
  const policy = "/usr/sbin/policy-rc.d";
  if (!isRoot) return work();
  const before = existsSync(policy) ? readFileSync(policy) : undefined;
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    work();
  } finally {
    if (before === undefined) rmSync(policy, { force: true });
    else writeFileSync(policy, before, { mode: 0o755 });
  }
}
