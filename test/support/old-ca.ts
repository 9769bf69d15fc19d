import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface OldPhone {
  readonly certificate: string;
  readonly key: string;
  /** Of its certificate. */
  readonly file: string;
}

/** The CA of the article, made as it says, with these phones. `serial` gives all of them one and the same number. */
export async function createArticleCa(
  folder: string,
  subject = "/CN=example.com",
): Promise<{ ca: string; key: string; phone(name: string, serial?: string): Promise<OldPhone> }> {
  await mkdir(folder, { recursive: true });
  const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
  const [ca, key] = [join(folder, "home_client.crt"), join(folder, "home_client.key")];
  const days = ["-sha256", "-days", "3650"];
  await openssl("req", "-x509", "-newkey", "rsa:4096", ...days, "-nodes", "-subj", subject, "-keyout", key, "-out", ca);
  return {
    ca,
    key,
    async phone(name, serial) {
      await mkdir(join(folder, "phones"), { recursive: true });
      const [file, keyFile, csr] = [`phones/${name}.crt`, `phones/${name}.key`, `phones/${name}.csr`];
      await openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", csr);
      const number = serial === undefined ? [] : ["-set_serial", serial];
      await openssl("x509", "-req", ...days, "-in", csr, "-CA", ca, "-CAkey", key, ...number, "-out", file);
      return read(folder, file, keyFile);
    },
  };
}

/** easy-rsa's `pki`, made by easy-rsa: `names` are its clients; those of `revoked` are on its CRL. */
export async function createEasyRsa(
  folder: string,
  names: readonly string[],
  revoked: readonly string[],
): Promise<{ pki: string; phones: ReadonlyMap<string, OldPhone> }> {
  await mkdir(folder, { recursive: true });
  const env = { ...process.env, EASYRSA_BATCH: "1", EASYRSA_ALGO: "ec", EASYRSA_CURVE: "prime256v1" };
  const easyrsa = (...args: string[]) => run("/usr/share/easy-rsa/easyrsa", args, { cwd: folder, env });
  await easyrsa("init-pki");
  await easyrsa("build-ca", "nopass");
  const phones = new Map<string, OldPhone>();
  for (const name of names) {
    await easyrsa("build-client-full", name, "nopass");
    phones.set(name, await read(folder, `pki/issued/${name}.crt`, `pki/private/${name}.key`));
  }
  for (const name of revoked) await easyrsa("revoke", name);
  await easyrsa("gen-crl");
  return { pki: join(folder, "pki"), phones };
}

const OPENSSL_CA = `[ca]
default_ca = one
[one]
database = index.txt
new_certs_dir = newcerts
certificate = cacert.pem
private_key = private/cakey.pem
serial = serial
crlnumber = crlnumber
default_md = sha256
default_days = 3650
default_crl_days = 30
policy = any
crl_extensions = crl_ext
unique_subject = no
[any]
commonName = supplied
[crl_ext]
authorityKeyIdentifier = keyid
[req]
distinguished_name = name
x509_extensions = v3_ca
[name]
[v3_ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
`;

/** The folder of `openssl ca`, whose next CRL has this number (hex). */
export async function createOpensslCa(
  folder: string,
  names: readonly string[],
  revoked: readonly string[],
  crlNumber: string,
): Promise<{ pki: string; phones: ReadonlyMap<string, OldPhone> }> {
  await mkdir(join(folder, "newcerts"), { recursive: true });
  await mkdir(join(folder, "private"));
  const files = { "openssl.cnf": OPENSSL_CA, "index.txt": "", serial: "01\n", crlnumber: `${crlNumber}\n`, password: "old secret\n" };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
  const config = ["-config", "openssl.cnf"];
  const pass = ["-passin", "file:password"];
  await openssl(
    "req",
    "-x509",
    ...config,
    "-newkey",
    "rsa:2048",
    "-days",
    "3650",
    "-subj",
    "/C=DE/O=Old/CN=openssl ca",
    "-passout",
    "file:password",
    "-keyout",
    "private/cakey.pem",
    "-out",
    "cacert.pem",
  );
  const phones = new Map<string, OldPhone>();
  for (const name of names) {
    await openssl(
      "req",
      "-new",
      ...config,
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
    );
    await openssl("ca", "-batch", ...config, ...pass, "-in", `${name}.csr`, "-out", `${name}.crt`, "-notext");
    phones.set(name, await read(folder, `${name}.crt`, `${name}.key`));
  }
  for (const name of revoked) await openssl("ca", ...config, ...pass, "-revoke", `${name}.crt`, "-crl_reason", "keyCompromise");
  await openssl("ca", "-gencrl", ...config, ...pass, "-out", "crl.pem");
  return { pki: folder, phones };
}

async function read(folder: string, file: string, keyFile: string): Promise<OldPhone> {
  const [certificate, key] = await Promise.all([readFile(join(folder, file), "utf8"), readFile(join(folder, keyFile), "utf8")]);
  return { certificate, key, file: join(folder, file) };
}
