import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

/** What `npm run package` makes. The Debian package is installed with a /usr and a package database of its own, over the machine's. */

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
let folder: string;
let release: string;
before(() => {
  if (process.getuid?.() !== 0) throw new Error("Installing a Debian package needs root. Type: sudo npm test");
  folder = mkdtempSync(join(tmpdir(), "latchkey-release-"));
  release = join(folder, "release");
  execFileSync(process.execPath, [join(ROOT, "scripts", "package.mjs"), release, "--as-built"], { cwd: ROOT, stdio: "pipe" });
});
after(() => rmSync(folder, { recursive: true, force: true }));

const named = (end: string) => join(release, readdirSync(release).find((name) => name.endsWith(end)) ?? end);

test("the checksums are those of the files", () => {
  const sums = readFileSync(join(release, "SHA256SUMS"), "utf8").trim().split("\n");
  assert.equal(sums.length, 3);
  for (const line of sums) {
    const [sum, file = ""] = line.split("  ");
    assert.equal(
      createHash("sha256")
        .update(readFileSync(join(release, file)))
        .digest("hex"),
      sum,
      file,
    );
  }
});

test("the bill of materials names every package that the program runs with, with its hash and its licence, and no other", () => {
  const bom = JSON.parse(readFileSync(named(".cdx.json"), "utf8")) as {
    bomFormat: string;
    metadata: { component: { name: string; version: string } };
    components: { name: string; version: string; purl: string; hashes?: { alg: string }[]; licenses?: unknown[] }[];
  };
  assert.deepEqual([bom.bomFormat, bom.metadata.component.name], ["CycloneDX", "latchkey"]);
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string; dev?: boolean; optional?: boolean; devOptional?: boolean; peer?: boolean }>;
  };
  const wanted = Object.entries(packages)
    .filter(([path, one]) => path !== "" && one.dev !== true && one.devOptional !== true && one.optional !== true && one.peer !== true)
    .map(([path, { version }]) => `${path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)}@${version}`);
  const there = bom.components.map(({ name, version }) => `${name}@${version}`);
  assert.deepEqual([...new Set(there)].toSorted(), [...new Set(wanted)].toSorted());
  for (const { name, purl, hashes = [], licenses = [] } of bom.components) {
    assert.ok(purl.startsWith("pkg:npm/") && hashes.some(({ alg }) => alg === "SHA-512") && licenses.length > 0, name);
  }
});

test("the Debian package is installed, runs the CA, and is removed: the data stays", () => {
  const over = join(folder, "over");
  for (const name of ["usr", "usr-work", "dpkg", "home"]) mkdirSync(join(over, name), { recursive: true });
  const script = `set -e
mount -t tmpfs tmpfs ${over}
mkdir ${over}/usr ${over}/usr-work ${over}/dpkg ${over}/home
cp -a /var/lib/dpkg/. ${over}/dpkg
mount -t overlay overlay -o lowerdir=/usr,upperdir=${over}/usr,workdir=${over}/usr-work /usr
mount --bind ${over}/dpkg /var/lib/dpkg
export HOME=${over}/home DEBIAN_FRONTEND=noninteractive
# Debian 12's own Node is too old; the tests' one is no package.
dpkg --force-depends -i ${named(".deb")} >/dev/null 2>&1
latchkey --version
latchkey-nginx --version
test "$(stat -c '%U %a' /usr/lib/latchkey/dist/clients/cli/latchkey.js)" = "root 755"
cd "$HOME"
latchkey serve --data data --grpc 127.0.0.1:0 --http 127.0.0.1:0 --enroll 127.0.0.1:0 --lan 127.0.0.0/8 >/dev/null 2>&1 &
until [ -e data/run.json ]; do sleep 0.1; done
latchkey status --data data >/dev/null
kill $!; wait $! || :
dpkg --purge latchkey >/dev/null 2>&1
test ! -e /usr/lib/latchkey && test ! -e /usr/bin/latchkey && test -d data/store
echo removed
`;
  const { status, stdout, stderr } = spawnSync("unshare", ["--mount", "sh", "-c", script], { encoding: "utf8", timeout: 120_000 });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^\d+\.\d+\.\d+\n\d+\.\d+\.\d+\nremoved\n$/);
});

test("nothing of the tests, of this machine or of what only builds is in it", () => {
  const listed = execFileSync("dpkg-deb", ["-c", named(".deb")], { encoding: "utf8", maxBuffer: 1 << 26 });
  assert.doesNotMatch(
    listed,
    /\.\/usr\/lib\/latchkey\/(dist\/test|test|data|scripts)\/|node_modules\/(typescript|playwright-core|@biomejs)\//,
  );
  assert.match(listed, /\.\/usr\/share\/doc\/latchkey\/latchkey\.cdx\.json/);
});
