import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServe } from "../support/serve.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** Beside the repository: what the tests fetch from the npm registry once. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "latchkey-test");

let folder: string;
let program: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "latchkey package "));
  const [packed] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], ROOT)) as [
    { filename: string; files: { path: string }[] },
  ];
  const names = packed.files.map(({ path }) => path);
  assert.ok(names.includes("dist/generated/latchkey.binpb") && names.includes("README.md"));
  assert.deepEqual(
    names.filter((name) => /^(data|test|node_modules|dist\/test)\//.test(name) || name.endsWith(".key")),
    [],
  );
  npm(
    [
      "install",
      "-g",
      "--prefix",
      join(folder, "prefix"),
      "--prefer-offline",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      join(folder, packed.filename),
    ],
    folder,
  );
  program = join(folder, "prefix", "bin", "latchkey");
});
after(() => rmSync(folder, { recursive: true, force: true }));

function npm(args: readonly string[], cwd: string): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26 });
}

test("both commands run from any folder once the tarball is installed", () => {
  for (const name of ["latchkey", "latchkey-nginx"]) {
    const { status, stdout } = spawnSync(join(folder, "prefix", "bin", name), ["--help"], { cwd: "/", encoding: "utf8" });
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: latchkey/m);
  }
});

test("the installed package serves, invites and enrols", async () => {
  await inviteAndEnrol({ program: execFileSync("realpath", [program], { encoding: "utf8" }).trim() });
});

for (const version of ["22", "24"]) {
  test(`on Node ${version} it serves, invites and enrols, too`, async () => {
    const place = join(CACHE, `node-${version}`);
    // The package that npm's `node` fetches for its platform.
    const name = `node-${process.platform}-${process.arch}`;
    const node = join(place, "node_modules", name, "bin", "node");
    if (!existsSync(node)) {
      mkdirSync(place, { recursive: true });
      npm(["install", "--prefix", place, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", `${name}@${version}`], place);
    }
    assert.match(execFileSync(node, ["--version"], { encoding: "utf8" }), new RegExp(`^v${version}\\.`));
    await inviteAndEnrol({ node });
  });
}

async function inviteAndEnrol(options: { node?: string; program?: string }): Promise<void> {
  const house = await startServe([], options);
  try {
    const invited = await house.latchkey("invite", "A phone", "--json");
    assert.equal(invited.code, 0, invited.stderr);
    const { url, token, passphrase } = JSON.parse(invited.stdout) as { url: string; token: string; passphrase: string };
    const root = join(house.folder, "root.pem");
    assert.equal((await house.latchkey("ca", "servers", "--out", root)).code, 0);
    const bundle = join(house.folder, "bundle.p12");
    const address = `${url.slice(0, url.indexOf("/i/"))}/api/v1/enrollments`;
    const body = JSON.stringify({ token, format: "pkcs12" });
    const curl = ["-sS", "--fail", "--cacert", root, "-H", "Content-Type: application/json", "-d", body, "-o", bundle, address];
    execFileSync("curl", curl, { stdio: "pipe" });
    const opened = execFileSync("openssl", ["pkcs12", "-in", bundle, "-passin", `pass:${passphrase}`, "-nokeys", "-clcerts"], {
      encoding: "utf8",
    });
    assert.match(opened, /CN = A phone/);
    for (const secret of [token, passphrase]) assert.ok(!house.output().includes(secret), "no secret reaches what serve writes");
    assert.equal(await house.end("SIGTERM"), 0);
  } finally {
    await house.remove();
  }
}
