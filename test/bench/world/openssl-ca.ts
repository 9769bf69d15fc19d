import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { timed } from "../harness.js";

const run = promisify(execFile);

/** The peer that every system has: `openssl ca` with its text file of an index. */
export interface OpensslCa {
  /** Issues so many from a request, one process each, beginning with an empty index. Certificates in a second. */
  issueRate(count: number): Promise<number>;
  /** Milliseconds to revoke one more, where so many are revoked already, and to sign the CRL. */
  revokeMillis(revoked: number): Promise<number>;
  remove(): Promise<void>;
}

/** Makes a CA on P-256 in a folder of its own, and one request. */
export async function createOpensslCa(): Promise<OpensslCa> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-openssl-"));
  const index = join(folder, "index.txt");
  const configuration = join(folder, "ca.cnf");
  const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
  const ca = (...args: string[]) => openssl("ca", "-config", configuration, "-batch", ...args);
  await mkdir(join(folder, "new"));
  await writeFile(configuration, configurationOf(folder));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=devices", "-days", "7300");
  await openssl("req", ...key, "-keyout", "phone.key", "-out", "phone.csr", "-subj", "/CN=phone");
  await writeFile(index, "");
  await ca("-in", "phone.csr", "-out", "phone.pem", "-notext");

  return {
    async issueRate(count) {
      await writeFile(index, "");
      // One shell for all: a process of ours for each would be in the figure.
      const loop = `for at in $(seq ${count}); do openssl ca -config ca.cnf -batch -notext -in phone.csr -out phone-$at.pem 2>&1; done`;
      const millis = await timed(() => run("sh", ["-e", "-c", loop], { cwd: folder }));
      return (count * 1_000) / millis;
    },
    async revokeMillis(revoked) {
      await writeFile(index, indexOf(revoked));
      return await timed(async () => {
        await ca("-revoke", "phone.pem");
        await ca("-gencrl", "-out", "crl.pem");
      });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function configurationOf(folder: string): string {
  return `
[ca]
default_ca = devices
[devices]
database = ${folder}/index.txt
new_certs_dir = ${folder}/new
certificate = ${folder}/ca.pem
private_key = ${folder}/ca.key
default_md = sha256
default_days = 825
default_crl_days = 30
rand_serial = yes
unique_subject = no
policy = anyone
x509_extensions = device
[anyone]
commonName = supplied
[device]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;
}

/** Lines of revoked certificates: status, expiry, revocation, serial number, file, subject. */
function indexOf(revoked: number): string {
  const line = (at: number) =>
    `R\t350101000000Z\t250201120000Z\t40${randomBytes(15).toString("hex").toUpperCase()}\tunknown\t/CN=phone ${at}\n`;
  return Array.from({ length: revoked }, (_, at) => line(at)).join("");
}
