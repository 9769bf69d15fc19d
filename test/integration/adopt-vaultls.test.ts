import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startServe } from "../support/serve.js";

const run = promisify(execFile);
const ROOT = new URL("../../..", import.meta.url).pathname;
const DOCUMENT = join(ROOT, "docs", "adopt.md");
const LATCHKEY = join(ROOT, "dist", "clients", "cli", "latchkey.js");

/** The tables of VaulTLS 1 (backend/migrations of github.com/7ritn/VaulTLS), as far as they hold its CA. */
const SCHEMA = `
CREATE TABLE ca_certificates (id INTEGER PRIMARY KEY, created_on INTEGER NOT NULL, valid_until INTEGER NOT NULL, certificate BLOB, key BLOB,
  name TEXT DEFAULT '', type INTEGER DEFAULT 0, crl_number INTEGER DEFAULT 0);
CREATE TABLE user_certificates (id INTEGER PRIMARY KEY, name TEXT NOT NULL, created_on INTEGER NOT NULL, valid_until INTEGER NOT NULL, data BLOB,
  ca_id INTEGER, user_id INTEGER, password TEXT DEFAULT '', type INTEGER DEFAULT 0, renew_method INTEGER DEFAULT 0, revoked_at INTEGER, serial_hex TEXT);`;

const OPENSSL = `
[ca]
default_ca = own
[own]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 7
[v3_ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[v3_client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = clientAuth
`;

/** VaulTLS's data folder, with clients as it makes them; those of `revoked` are on its CRL. */
async function createVaultls(folder: string, passwords: Readonly<Record<string, string>>, revoked: readonly string[]): Promise<void> {
  await mkdir(join(folder, "crl"), { recursive: true });
  const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
  const sqlite = (statement: string) => run("sqlite3", ["database.db3", statement], { cwd: folder });
  await writeFile(join(folder, "openssl.cnf"), OPENSSL);
  await writeFile(join(folder, "index.txt"), "");
  await writeFile(join(folder, "crlnumber"), "05\n");
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-config", "openssl.cnf"];
  await openssl(
    "req",
    "-x509",
    ...ec,
    "-extensions",
    "v3_ca",
    "-subj",
    "/CN=The house",
    "-days",
    "3650",
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
  );
  await openssl("x509", "-in", "ca.crt", "-outform", "DER", "-out", "ca.crt.der");
  await openssl("pkcs8", "-topk8", "-nocrypt", "-in", "ca.key", "-outform", "DER", "-out", "ca.key.der");
  await sqlite(SCHEMA);
  await sqlite(
    "INSERT INTO ca_certificates (created_on, valid_until, certificate, key) VALUES (0, 0, readfile('ca.crt.der'), readfile('ca.key.der'))",
  );
  const ca = ["-CA", "ca.crt", "-CAkey", "ca.key", "-extfile", "openssl.cnf", "-extensions", "v3_client"];
  for (const [name, password] of Object.entries(passwords)) {
    await openssl("req", "-new", ...ec, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    await openssl("x509", "-req", "-in", `${name}.csr`, ...ca, "-days", "365", "-out", `${name}.pem`);
    const packed = ["-in", `${name}.pem`, "-inkey", `${name}.key`, "-certfile", "ca.crt", "-name", name, "-passout", `pass:${password}`];
    await openssl("pkcs12", "-export", ...packed, "-out", `${name}.pfx`);
    await sqlite(
      `INSERT INTO user_certificates (name, created_on, valid_until, data, ca_id, user_id, password) VALUES ('${name}', 0, 0, readfile('${name}.pfx'), 1, 1, '${password.replaceAll("'", "''")}')`,
    );
  }
  const own = ["ca", "-config", "openssl.cnf", "-cert", "ca.crt", "-keyfile", "ca.key"];
  for (const name of revoked) await openssl(...own, "-revoke", `${name}.pem`);
  await openssl(...own, "-gencrl", "-out", "crl.pem");
  await openssl("crl", "-in", "crl.pem", "-outform", "DER", "-out", "crl/crl-1.crl");
}

/** The commands of a section of the document, as they are to be typed. */
async function commandsOf(section: string): Promise<string> {
  const [, text = ""] = (await readFile(DOCUMENT, "utf8")).split(`## ${section}\n`);
  const [, block = ""] = /```console\n(.*?)```/s.exec(text) ?? [];
  return block.replaceAll(/^[$>] /gm, "");
}

test("VaulTLS's CA is taken over by the commands of docs/adopt.md: its devices are known by their names, and who was revoked stays so", async () => {
  const serve = await startServe();
  try {
    const folder = join(serve.folder, "vaultls");
    await createVaultls(folder, { anna: 'two words\' and "quotes"', ben: "", carl: "carls-password" }, ["carl"]);
    await serve.end("SIGTERM");
    const bin = join(serve.folder, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "latchkey"), `#!/bin/sh\nexec '${process.execPath}' '${LATCHKEY}' "$@"\n`);
    await chmod(join(bin, "latchkey"), 0o755);
    const env = {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: serve.folder,
      XDG_CONFIG_HOME: join(serve.folder, "config"),
      LATCHKEY_DATA: serve.data,
    };
    const { stdout } = await run("bash", ["-e", "-o", "pipefail", "-c", await commandsOf("From VaulTLS")], { cwd: folder, env });
    assert.match(stdout, /adopted-1/);

    await serve.start();
    const listed = JSON.parse((await serve.latchkey("list", "--json")).stdout) as {
      certificates: { deviceName: string; status: string }[];
    };
    const standings = Object.fromEntries(listed.certificates.map(({ deviceName, status }) => [deviceName, status]));
    assert.deepEqual(
      ["anna", "ben", "carl"].map((name) => standings[name]),
      ["valid", "valid", "revoked"],
    );
  } finally {
    await serve.remove();
  }
});
