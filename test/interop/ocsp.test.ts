import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { call } from "../../clients/connect/connect.js";
import {
  HoldCertificateRequest,
  IssueCertificateRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { ask } from "../support/device.js";
import { createNginx, freePorts, nginxConfiguration, type TestNginx, until } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { issueDevice } from "../support/operator.js";
import { createTestRequest } from "../support/request.js";
import { createSite, startNamedBackend } from "../support/site.js";

/** The responder, asked by clients that share no code with Latchkey. */

let world: TestAuthority;
let folder: string;
let url: string;
const identities: Record<string, { certificate: string; key: string }> = {};
const file = (name: string) => join(folder, name);

before(async () => {
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  world = await startTestAuthority({ domains: ["example.com"], http: { listen: address, url: `http://${address}` } });
  url = `http://${address}/ocsp`;
  folder = mkdtempSync(join(tmpdir(), "latchkey-ocsp-"));
  for (const authority of ["devices", "servers"])
    writeFileSync(file(`${authority}.pem`), await (await fetch(`http://${address}/ca/${authority}.pem`)).text());
  for (const name of ["good", "lost", "held"]) {
    identities[name] = await issueDevice(world.connection, name);
    writeFileSync(file(`${name}.pem`), identities[name]?.certificate ?? "");
  }
  const selector = (deviceName: string) => ({ selected: { $case: "deviceName" as const, value: deviceName } });
  const { certificates } = world.connection;
  const lost = RevokeCertificateRequest.create({ selector: selector("lost"), reason: "keyCompromise" });
  await call(certificates, "revokeCertificate", lost);
  await call(certificates, "holdCertificate", HoldCertificateRequest.create({ selector: selector("held") }));
});
after(async () => {
  await world.stop();
  rmSync(folder, { recursive: true });
});

/** Not in step with this process, which answers meanwhile. */
function run(program: string, ...args: string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) =>
    execFile(program, args, { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, text: stdout + stderr }),
    ),
  );
}

for (const hash of ["-sha1", "-sha256"]) {
  for (const nonce of ["-nonce", "-no_nonce"]) {
    test(`OpenSSL is told good, revoked, held and unknown (${hash}, ${nonce})`, async () => {
      const asked = async (...which: string[]) => {
        const common = [hash, nonce, "-issuer", file("devices.pem"), ...which, "-url", url, "-CAfile", file("devices.pem")];
        const { text } = await run("openssl", "ocsp", ...common);
        assert.match(text, /Response verify OK/);
        assert.doesNotMatch(text, /WARNING/);
        return text;
      };
      assert.match(await asked("-cert", file("good.pem")), /: good\n/);
      assert.match(await asked("-cert", file("lost.pem")), /: revoked\n[\s\S]*Reason: keyCompromise/);
      assert.match(await asked("-cert", file("held.pem")), /: revoked\n[\s\S]*Reason: certificateHold/);
      assert.match(await asked("-serial", "0x4f0102030405060708090a0b0c0d0e0f"), /: unknown\n/);
      const several = await asked("-cert", file("good.pem"), "-cert", file("lost.pem"), "-cert", file("held.pem"));
      assert.match(several, /good\.pem: good\n[\s\S]*lost\.pem: revoked\n[\s\S]*held\.pem: revoked\n/);
    });
  }
}

test("GnuTLS is told good and revoked, with a nonce and without", async () => {
  for (const nonce of [["--nonce"], []]) {
    for (const [name, status] of [
      ["good", "good"],
      ["lost", "revoked"],
    ]) {
      const issuer = ["--load-issuer", file("devices.pem"), "--load-trust", file("devices.pem")];
      const { code, text } = await run("ocsptool", `--ask=${url}`, "--load-cert", file(`${name}.pem`), ...issuer, ...nonce);
      assert.equal(code, 0, text);
      assert.match(text, /Verifying OCSP Response: Success/);
      assert.match(text, new RegExp(`Certificate Status: ${status}`));
    }
  }
});

test("Java's revocation checker accepts the good one, and refuses the others for what they are", async () => {
  const program = fileURLToPath(new URL("../../../test/interop/CheckRevocation.java", import.meta.url));
  const { text } = await run("java", program, url, file("devices.pem"), file("good.pem"), file("lost.pem"), file("held.pem"));
  assert.equal(text, "ACCEPTED\nREFUSED REVOKED KEY_COMPROMISE\nREFUSED REVOKED CERTIFICATE_HOLD\n");
});

test("NSS finds the responder in the certificate, and is told good and revoked", async () => {
  const database = `sql:${file("nss")}`;
  mkdirSync(file("nss"));
  await run("certutil", "-N", "--empty-password", "-d", database);
  await run("certutil", "-A", "-d", database, "-n", "devices", "-t", "CT,,", "-i", file("devices.pem"));
  for (const name of ["good", "lost"]) await run("certutil", "-A", "-d", database, "-n", name, "-t", ",,", "-i", file(`${name}.pem`));
  assert.match((await run("ocspclnt", "-S", "good", "-d", database)).text, /Check of certificate "good" succeeded/);
  assert.match((await run("ocspclnt", "-S", "lost", "-d", database)).text, /Check of certificate "lost" failed[\s\S]*has been revoked/);
});

test("Apache asks by SSLOCSPEnable, lets the good device in, and refuses the others; away, it refuses all", async (t) => {
  const [port = 0, nobody = 0] = await freePorts(2);
  const own = file("apache");
  mkdirSync(own);
  await writeServer({ folder: own });
  const start = async (responder: string) => {
    writeFileSync(join(own, "apache.conf"), apacheConfiguration(own, port, responder));
    const apache = spawn("apache2", ["-X", "-f", join(own, "apache.conf")], {
      stdio: "ignore",
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
    });
    const gone = new Promise((resolve) => apache.once("close", resolve));
    const stop = async () => {
      apache.kill("SIGKILL");
      await gone;
    };
    t.after(stop);
    await until(async () => (await status("good")) !== -1, `Apache does not start: ${join(own, "error.log")}`);
    return stop;
  };
  const ca = await rootOfServers();
  /** 0: no answer, as Apache ends a handshake whose certificate it refuses; -1: nobody is there. */
  const status = async (who: string) => {
    const { status, body } = await ask({ port, ca, identity: identities[who] });
    return status === 0 && body.includes("ECONNREFUSED") ? -1 : status;
  };
  const stop = await start(url);
  assert.equal(await status("good"), 200, readFileSync(join(own, "error.log"), "utf8"));
  assert.equal(await status("lost"), 0);
  assert.equal(await status("held"), 0);
  assert.match(readFileSync(join(own, "error.log"), "utf8"), /OCSP validation completed, certificate status: revoked/);
  await stop();
  await start(`http://127.0.0.1:${nobody}/ocsp`);
  assert.equal(await status("good"), 0);
});

function apacheConfiguration(own: string, port: number, responder: string): string {
  const modules = ["mpm_event", "ssl", "socache_shmcb", "authz_core", "alias"];
  return `ServerRoot ${own}
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
ServerName localhost
PidFile ${own}/apache.pid
DefaultRuntimeDir ${own}
ErrorLog ${own}/error.log
LogLevel ssl:debug
Listen 127.0.0.1:${port} https
SSLSessionCache none
SSLSessionTickets off
SSLEngine on
SSLCertificateFile ${own}/server.pem
SSLCertificateKeyFile ${own}/server.key
SSLCACertificateFile ${file("devices.pem")}
SSLVerifyClient require
SSLOCSPEnable leaf
SSLOCSPDefaultResponder ${responder}
SSLOCSPOverrideResponder on
DocumentRoot ${own}
Alias / ${own}/apache.conf
<Directory ${own}>
  Require all granted
</Directory>
`;
}

for (const { name, command } of await nginxVersions()) {
  test(`${name}: nginx asks by ssl_ocsp, lets the good device in, and refuses the others; away, it refuses all`, async (t) => {
    const nginx = await createNginx(command);
    t.after(() => nginx.remove());
    const [port = 0, nobody = 0] = await freePorts(2);
    await writeServer(nginx);
    const door = (responder: string) => `
      ssl_client_certificate ${file("devices.pem")};
      ssl_verify_client on;
      ssl_ocsp on;
      ssl_ocsp_responder ${responder};
      ssl_session_cache off;
      ssl_session_tickets off;`;
    await nginx.configure(configuration(nginx, port, door(url)));
    await nginx.start();
    const ca = await rootOfServers();
    const status = async (who: string) => (await ask({ port, ca, identity: identities[who] })).status;
    assert.equal(await status("good"), 200, await nginx.errorLog());
    assert.equal(await status("lost"), 400);
    assert.equal(await status("held"), 400);
    assert.match(await nginx.errorLog(), /certificate verify error: certificate revoked/);
    await nginx.configure(configuration(nginx, port, door(`http://127.0.0.1:${nobody}/ocsp`)));
    await nginx.reload();
    await until(async () => (await status("good")) === 400, "nginx goes on without its responder");
  });

  test(`${name}: a site of the kit with ocsp refuses a device with its next connection, without a hook and a reload`, async (t) => {
    const site = await createSite(command, world);
    t.after(() => site.stop());
    const home = await startNamedBackend("home");
    t.after(() => home.close());
    await writeServer(site.nginx);
    const certificate = { certificate: join(site.nginx.folder, "server.pem"), key: join(site.nginx.folder, "server.key") };
    await site.use({
      sites: [{ domain: "home.example.com", backend: `http://127.0.0.1:${home.port}` }],
      nginx: { certificate, revocation: { kind: "ocsp", responder: url } },
    });
    const device = { port: site.httpsPort, ca: site.root, identity: await issueDevice(world.connection, `phone at ${name}`) };
    const visit = async () =>
      (await ask(device, { servername: "home.example.com", head: "GET / HTTP/1.1\r\nHost: home.example.com" })).status;
    assert.equal(await visit(), 200, await site.nginx.errorLog());
    const selector = { selected: { $case: "deviceName" as const, value: `phone at ${name}` } };
    await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
    assert.equal(await visit(), 400);
  });

  test(`${name}: nginx staples an answer about its own certificate, and OpenSSL takes it`, async (t) => {
    const nginx = await createNginx(command);
    t.after(() => nginx.remove());
    const [port = 0] = await freePorts(1);
    await writeServer(nginx);
    const stapling = `
      ssl_stapling on;
      ssl_stapling_verify on;
      ssl_stapling_responder ${url};
      ssl_trusted_certificate ${file("servers.pem")};`;
    await nginx.configure(configuration(nginx, port, stapling));
    await nginx.start();
    // The first client makes nginx ask; a later one gets the answer.
    await until(async () => /OCSP Response Status: successful[\s\S]*Cert Status: good/.test(await staple(port)), "nothing is stapled");
  });
}

function configuration({ folder: own }: TestNginx, port: number, lines: string): string {
  const server = `server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${own}/server.pem;
    ssl_certificate_key ${own}/server.key;
    ${lines}
    location / { return 200 "in\\n"; }
  }`;
  return nginxConfiguration(own, server);
}

/** What OpenSSL's client is handed with the handshake. */
function staple(port: number): Promise<string> {
  return new Promise((resolve) => {
    const client = spawn("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, "-status", "-CAfile", file("servers.pem")]);
    let text = "";
    client.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    client.once("close", () => resolve(text));
    client.stdin.end("Q\n");
  });
}

async function rootOfServers(): Promise<string> {
  const { anchors } = await call(world.connection.publication, "getTrustBundle", GetTrustBundleRequest.create());
  return anchors.find(({ authority }) => authority === "servers")?.certificate ?? "";
}

/** A server's certificate with its chain, and the key, for this nginx. */
async function writeServer({ folder: own }: { readonly folder: string }): Promise<void> {
  const { csr, keyPem } = await createTestRequest();
  const request = IssueCertificateRequest.create({ csr: Buffer.from(csr), profile: "server", serverNames: ["localhost"] });
  const { certificateChain } = await call(world.connection.certificates, "issueCertificate", request);
  writeFileSync(join(own, "server.pem"), certificateChain);
  writeFileSync(join(own, "server.key"), keyPem);
}
