import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chmod, chown, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { createNginx, freePorts, nginxConfiguration, type TestNginx, until } from "../support/nginx.js";
import { selfSigned } from "../support/self-signed.js";
import { fileOf, houseWith } from "../unit/site/world.js";

/** What certbot runs after a renewal, before a real nginx. Where the real one has its folders, the test has its own. */

const LINEAGE = "/etc/letsencrypt/live/home.example.com";
const NOBODY = { name: "nobody", uid: 65_534 };

let nginx: TestNginx;
let port = 0;
let lineage: string;
before(async () => {
  if (process.getuid?.() !== 0) throw new Error("A deploy hook of certbot's is root's. Type: sudo npm test");
  [port = 0] = await freePorts(1);
  nginx = await createNginx("/usr/sbin/nginx");
  await chmod(nginx.folder, 0o755);
  lineage = join(nginx.folder, "live");
  await mkdir(lineage, { mode: 0o700 });
  await renew("first");
  const certificate = `ssl_certificate ${lineage}/fullchain.pem; ssl_certificate_key ${lineage}/privkey.pem;`;
  await nginx.configure(nginxConfiguration(nginx.folder, `server { listen 127.0.0.1:${port} ssl; ${certificate} }`));
  await nginx.start();
  await mkdir(join(nginx.folder, "bin"));
  await writeFile(join(nginx.folder, "bin", "nginx"), `#!/bin/sh\nexec ${nginx.commands.nginx} "$@"\n`, { mode: 0o755 });
});
after(() => nginx.remove());

async function renew(name: string): Promise<void> {
  const { cert, key } = selfSigned(`DNS:${name}`);
  await writeFile(join(lineage, "fullchain.pem"), cert);
  await writeFile(join(lineage, "privkey.pem"), key, { mode: 0o600 });
}

/** The script as rendered, for this nginx. */
function hook(enrollment?: object): string {
  const certificate = { certificate: `${LINEAGE}/fullchain.pem`, key: `${LINEAGE}/privkey.pem`, ...(enrollment && { enrollment }) };
  return fileOf(houseWith({ nginx: { certificate } }), "certbot/latchkey").replaceAll(LINEAGE, lineage);
}

async function deploy(script: string, renewed = lineage): Promise<{ code: number; stderr: string }> {
  const file = join(nginx.folder, "deploy");
  await writeFile(file, script, { mode: 0o755 });
  const env = {
    PATH: `${join(nginx.folder, "bin")}:${process.env.PATH}:/usr/sbin`,
    RENEWED_LINEAGE: renewed,
    RENEWED_DOMAINS: "home.example.com",
  };
  return await new Promise((resolve) => {
    execFile(file, { env }, (error, _stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stderr }));
  });
}

async function served(): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.subjectAltName ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

test("after a renewal nginx serves the new certificate; one of another name changes nothing", async () => {
  await renew("second");
  assert.equal((await deploy(hook(), "/etc/letsencrypt/live/other.example.com")).code, 0);
  assert.match(await served(), /first/);
  const { code, stderr } = await deploy(hook());
  assert.equal(code, 0, stderr);
  await until(async () => (await served()).includes("second"), "nginx does not serve the new certificate");
  await nginx.oldWorkersGone();
});

test("a certificate that nginx can't use is said, and nginx goes on with the old one", async () => {
  await writeFile(join(lineage, "fullchain.pem"), "no certificate");
  const { code, stderr } = await deploy(hook());
  assert.notEqual(code, 0);
  assert.match(stderr, /fullchain\.pem/);
  assert.match(await served(), /second/);
  await renew("third");
});

test("the enrolment service's copy is its user's, whole, and the key for nobody else", async () => {
  const home = join(nginx.folder, "home");
  await mkdir(home);
  await chown(home, NOBODY.uid, NOBODY.uid);
  const folder = join(home, "tls");
  const { code, stderr } = await deploy(hook({ folder, user: NOBODY.name }));
  assert.equal(code, 0, stderr);
  for (const name of ["fullchain.pem", "privkey.pem"]) {
    const { uid, mode } = await stat(join(folder, name));
    assert.deepEqual([uid, mode & 0o777], [NOBODY.uid, 0o600], name);
  }
  assert.match(new X509Certificate(await readFile(join(folder, "fullchain.pem"))).subjectAltName ?? "", /third/);
});

test("a link in that user's folder leads root nowhere", async () => {
  const home = join(nginx.folder, "trap");
  const secret = join(nginx.folder, "roots-own");
  await writeFile(secret, "root's", { mode: 0o644 });
  await mkdir(home);
  await chown(home, NOBODY.uid, NOBODY.uid);
  await symlink(secret, join(home, "privkey.pem.new"));
  await renew("fourth");
  assert.notEqual((await deploy(hook({ folder: home, user: NOBODY.name }))).code, 0);
  assert.equal(await readFile(secret, "utf8"), "root's");
  await until(async () => (await served()).includes("fourth"), "a copy that fails keeps nginx from its new certificate");
});
