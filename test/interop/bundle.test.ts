import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import forge from "node-forge";
import { call } from "../../clients/connect/connect.js";
import { IssueCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { packBundle } from "../../services/enrollment/bundle/bundle.js";
import { createDeviceKey } from "../../services/enrollment/bundle/device-key.js";
import type { BundleFormat } from "../../services/enrollment/bundle/formats.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";

const run = promisify(execFile);
const PASSPHRASE = "abcd-efgh-jkmn-pqrs";
/** The program as it is written: Java compiles it as it runs it. */
const OPEN_BUNDLE = fileURLToPath(new URL("../../../test/interop/OpenBundle.java", import.meta.url));
const BOUNCY_CASTLE = "/usr/share/java/bcprov.jar";
const NAME = "Änne's <phone> & tablet";

let world: TestAuthority;
let folder: string;
let device: { privateKey: KeyObject; certificateChain: string; deviceId: string; anchors: string[] };

before(async () => {
  world = await startTestAuthority();
  folder = await mkdtemp(join(tmpdir(), "latchkey-bundle-"));
  const { privateKey, csr } = await createDeviceKey();
  const request = IssueCertificateRequest.create({ csr: Buffer.from(csr), deviceName: NAME });
  const issued = await call(world.connection.certificates, "issueCertificate", request);
  const { anchors } = await call(world.connection.publication, "getTrustBundle", {});
  device = {
    privateKey,
    certificateChain: issued.certificateChain,
    deviceId: issued.certificate?.deviceId ?? "",
    anchors: anchors.filter(({ authority }) => authority === "servers").map(({ certificate }) => certificate),
  };
});

after(async () => {
  await world.stop();
  await rm(folder, { recursive: true, force: true });
});

async function pack(format: BundleFormat): Promise<string> {
  const bundle = await packBundle(format, { ...device, deviceName: NAME, passphrase: PASSPHRASE });
  const path = join(folder, `${format}.${bundle.extension}`);
  await writeFile(path, bundle.content, { mode: 0o600 });
  return path;
}

const leaf = () => new X509Certificate(device.certificateChain);

/** The device's certificate and its CA's, as they were issued. */
const chain = () =>
  (device.certificateChain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );

/** What OpenSSL finds inside: the key must be ours, and the certificates the device's and its CA's. */
function assertHoldsIdentity(pem: string): void {
  const [key] = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(pem) ?? [];
  assert.ok(key, "no private key");
  const spki = (from: Parameters<typeof createPublicKey>[0]) => createPublicKey(from).export({ type: "spki", format: "der" });
  assert.deepEqual(spki(key), spki(device.privateKey as never));
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const fingerprints = certificates.map((text) => new X509Certificate(text).fingerprint256);
  assert.equal(fingerprints.length, 2);
  assert.equal(fingerprints[0], leaf().fingerprint256);
}

/** OpenSSL 3 without its legacy provider, which is what tells the two profiles apart for other programs too. */
const openssl = (path: string, passphrase: string) =>
  run("openssl", ["pkcs12", "-in", path, "-nodes", "-info", "-passin", `pass:${passphrase}`], { timeout: 20_000 });

for (const format of ["pkcs12", "pkcs12-compatible"] as const) {
  test(`${format}: OpenSSL opens it, and finds key, certificate, CA and the friendly name`, async () => {
    const { stdout, stderr } = await openssl(await pack(format), PASSPHRASE);
    assertHoldsIdentity(stdout);
    assert.match(stdout, /localKeyID/);
    assert.match(stdout, /friendlyName: \S+nne's <phone> & tablet/);
    if (format === "pkcs12") {
      assert.match(stderr, /MAC: sha256, Iteration 100000/);
      assert.equal(stderr.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256/g)?.length, 2);
    } else {
      assert.match(stderr, /MAC: sha1, Iteration 20000/);
      assert.equal(stderr.match(/pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 20000/g)?.length, 2);
    }
  });

  test(`${format}: OpenSSL with the legacy provider opens it, too`, async () => {
    const path = await pack(format);
    const { stdout } = await run("openssl", ["pkcs12", "-legacy", "-in", path, "-nodes", "-passin", `pass:${PASSPHRASE}`]);
    assertHoldsIdentity(stdout);
  });

  test(`${format}: a wrong passphrase opens nothing`, async () => {
    const path = await pack(format);
    await assert.rejects(openssl(path, "abcd-efgh-jkmn-pqrt"), /Mac verify error/);
    await assert.rejects(openssl(path, ""), /Mac verify error/);
  });

  test(`${format}: Java's keytool lists it as a private key entry with the chain`, async () => {
    const path = await pack(format);
    const list = (passphrase: string) =>
      run("keytool", ["-J-Duser.language=en", "-list", "-v", "-storetype", "PKCS12", "-keystore", path, "-storepass", passphrase]);
    const { stdout } = await list(PASSPHRASE);
    assert.match(stdout, /Entry type: PrivateKeyEntry/);
    assert.match(stdout, /Certificate chain length: 2/);
    assert.ok(stdout.includes(leaf().fingerprint256));
    await assert.rejects(list("wrong-passphrase"));
  });

  test(`${format}: NSS imports it, key and all`, async () => {
    const path = await pack(format);
    const database = `sql:${await mkdtemp(join(folder, "nss-"))}`;
    await run("certutil", ["-N", "-d", database, "--empty-password"]);
    await assert.rejects(run("pk12util", ["-i", path, "-d", database, "-W", "wrong"]));
    await run("pk12util", ["-i", path, "-d", database, "-W", PASSPHRASE]);
    const { stdout } = await run("certutil", ["-K", "-d", database]);
    assert.match(stdout, /ec\s+[0-9a-f]{40}/);
    const { stdout: certificates } = await run("certutil", ["-L", "-d", database]);
    assert.match(certificates, /nne's <phone> & tablet\s+u,u,u/);
  });

  test(`${format}: BouncyCastle opens it, under the device's name; the key is the certificate's, and the chain has the CA`, async () => {
    const path = await pack(format);
    const { stdout } = await run("java", ["-cp", BOUNCY_CASTLE, OPEN_BUNDLE, path, PASSPHRASE, "abcd-efgh-jkmn-pqrt"]);
    const certificates = chain().map(({ fingerprint256 }) => `certificate ${fingerprint256}`);
    assert.equal(certificates.length, 2);
    const refused = "refused PKCS12 key store mac invalid - wrong password or corrupted file.";
    assert.deepEqual(stdout.trimEnd().split("\n"), [`entry ${NAME}`, ...certificates, "key fits", refused]);
  });

  test(`${format}: node-forge opens it, under the device's name; the key is the certificate's, and the chain has the CA`, async () => {
    const bundle = await packBundle(format, { ...device, deviceName: NAME, passphrase: PASSPHRASE });
    const open = (passphrase: string) => {
      const pfx = forge.asn1.fromDer(Buffer.from(bundle.content).toString("latin1"));
      return forge.pkcs12.pkcs12FromAsn1(pfx, true, passphrase);
    };
    const opened = open(PASSPHRASE);
    const bags = (type: string) => opened.getBags({ bagType: type })[type] ?? [];
    // node-forge knows no elliptic curves: it decrypts such a key, takes such a certificate out, and hands over what it found.
    const der = (found: forge.asn1.Asn1 | undefined) => Buffer.from(found ? forge.asn1.toDer(found).getBytes() : "", "latin1");
    const [key, ...moreKeys] = bags(forge.pki.oids.pkcs8ShroudedKeyBag ?? "");
    const certificates = bags(forge.pki.oids.certBag ?? "");
    assert.equal(moreKeys.length, 0);
    assert.deepEqual(
      certificates.map(({ asn1 }) => new X509Certificate(der(asn1)).fingerprint256),
      chain().map(({ fingerprint256 }) => fingerprint256),
    );
    assert.ok(leaf().checkPrivateKey(createPrivateKey({ key: der(key?.asn1), format: "der", type: "pkcs8" })));
    for (const bag of [key, certificates[0]]) assert.deepEqual(bag?.attributes.friendlyName, [NAME]);
    assert.deepEqual(key?.attributes.localKeyId, certificates[0]?.attributes.localKeyId);
    assert.throws(() => open("abcd-efgh-jkmn-pqrt"), /PKCS#12 MAC could not be verified/);
  });

  test(`${format}: GnuTLS's certtool reads it`, async () => {
    const path = await pack(format);
    const info = (passphrase: string) => run("certtool", ["--p12-info", "--inder", "--infile", path, "--password", passphrase]);
    const { stdout } = await info(PASSPHRASE);
    assert.match(stdout, /BEGIN (EC )?PRIVATE KEY|BEGIN ENCRYPTED PRIVATE KEY/);
    assert.equal(stdout.match(/BEGIN CERTIFICATE/g)?.length, 2);
    await assert.rejects(info("wrong"));
  });
}

test("pem: OpenSSL reads the encrypted key and the chain, and needs the passphrase", async () => {
  const path = await pack("pem");
  const read = (passphrase: string) => run("openssl", ["pkcs8", "-in", path, "-passin", `pass:${passphrase}`]);
  const { stdout: key } = await read(PASSPHRASE);
  const { stdout: certificates } = await run("openssl", ["crl2pkcs7", "-nocrl", "-certfile", path]).then(({ stdout }) => pkcs7(stdout));
  assertHoldsIdentity(key + certificates);
  await assert.rejects(read("wrong"));
});

async function pkcs7(pem: string): Promise<{ stdout: string }> {
  const path = join(folder, "chain.p7b");
  await writeFile(path, pem);
  return await run("openssl", ["pkcs7", "-in", path, "-print_certs"]);
}

/** Python's plistlib is strict XML, and not ours. */
async function readPlist(path: string): Promise<Record<string, unknown>> {
  const program =
    "import base64, json, plistlib, sys\n" +
    "print(json.dumps(plistlib.load(open(sys.argv[1], 'rb')), default=lambda value: base64.b64encode(value).decode()))";
  const { stdout } = await run("python3", ["-c", program, path]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

test("mobileconfig: holds the identity and the house's root, never the passphrase, and may be removed", async () => {
  const path = await pack("mobileconfig");
  const profile = await readPlist(path);
  assert.equal(profile.PayloadRemovalDisallowed, false);
  assert.equal(profile.PayloadDisplayName, `Latchkey: ${NAME}`);
  const [identity, root, ...others] = profile.PayloadContent as Record<string, string>[];
  assert.ok(identity && root);
  assert.equal(others.length, 0);
  assert.equal(identity.PayloadType, "com.apple.security.pkcs12");
  assert.ok(!JSON.stringify(profile).includes(PASSPHRASE));
  assert.ok(!("Password" in identity));

  const inner = join(folder, "inner.p12");
  await writeFile(inner, Buffer.from(identity.PayloadContent ?? "", "base64"));
  assertHoldsIdentity((await openssl(inner, PASSPHRASE)).stdout);

  assert.equal(root.PayloadType, "com.apple.security.root");
  const [anchor] = device.anchors;
  const certificate = new X509Certificate(Buffer.from(root.PayloadContent ?? "", "base64"));
  assert.equal(certificate.fingerprint256, new X509Certificate(anchor ?? "").fingerprint256);
});

test("mobileconfig: the same device gets the same UUIDs, so that a renewed profile replaces the old one; all differ", async () => {
  const uuids = (profile: Record<string, unknown>) =>
    [profile, ...(profile.PayloadContent as Record<string, unknown>[])].map(({ PayloadUUID }) => String(PayloadUUID));
  const first = uuids(await readPlist(await pack("mobileconfig")));
  const second = uuids(await readPlist(await pack("mobileconfig")));
  assert.deepEqual(second, first);
  assert.equal(new Set(first).size, 3);
  for (const uuid of first) assert.match(uuid, /^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
});

test("where Node has no WebAssembly (--jitless), a compatible bundle is packed all the same", async () => {
  const [chain, packed] = [join(folder, "chain.pem"), join(folder, "without-jit.p12")];
  await writeFile(chain, device.certificateChain);
  await run(process.execPath, ["--jitless", fileURLToPath(new URL("pack-without-jit.js", import.meta.url)), chain, packed]);
  const { stdout } = await run("openssl", ["pkcs12", "-in", packed, "-passin", "pass:passphrase", "-nodes", "-legacy"]);
  assert.match(stdout, /BEGIN PRIVATE KEY/);
});
