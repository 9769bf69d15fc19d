import "reflect-metadata";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import * as x509 from "@peculiar/x509";
import { encodePem } from "../../services/ca/authority/der/pem.js";
import type { Der } from "../../services/ca/authority/types.js";
import { createDevices, createOperators, createServers } from "../unit/authority/world.js";
import { issueOne, type Order } from "./issue-one.js";
import { run, temporaryFolder } from "./program.js";

/** Each kind of certificate, read and verified by programs that share no code with Latchkey. */

interface Kind {
  readonly title: string;
  readonly order: Order;
  /** What OpenSSL and GnuTLS are asked to verify it for. */
  readonly purpose: "sslclient" | "sslserver";
}

const URL = "http://ca.example.com:8480";
const DEVICE: Kind = { title: "a device's", order: { profile: "device", name: "Anna's phone – Küche" }, purpose: "sslclient" };
const SERVER: Kind = {
  title: "a server's",
  order: { profile: "server", csr: { dns: ["home.example.com"], addresses: ["192.168.1.2", "fd00::2"] } },
  purpose: "sslserver",
};
const KINDS: readonly Kind[] = [
  DEVICE,
  { ...DEVICE, title: "a device's with CRLDP and AIA", order: { ...DEVICE.order, publicationUrl: URL } },
  SERVER,
  {
    ...SERVER,
    title: "a server's with addresses alone and an empty subject",
    order: { profile: "server", csr: { addresses: ["192.168.1.2"] } },
  },
  { title: "a profile signer's", order: { profile: "profile-signer" }, purpose: "sslserver" },
  { title: "a profile signer's with CRLDP", order: { profile: "profile-signer", publicationUrl: URL }, purpose: "sslserver" },
  { title: "a canary's", order: { profile: "canary" }, purpose: "sslclient" },
  { title: "an admin's", order: { profile: "operator", name: "admin", role: "admin" }, purpose: "sslclient" },
  {
    title: "the gRPC server's",
    order: { profile: "operator", name: "ca", role: "server", serverNames: ["localhost", "127.0.0.1"] },
    purpose: "sslserver",
  },
];

/** Two files: the anchor, and what is sent along between it and the certificate. */
async function certify({ order }: Kind): Promise<{ leaf: Der; anchor: Der; between: readonly Der[] }> {
  const authorities = {
    device: createDevices,
    server: createServers,
    operator: createOperators,
    "profile-signer": createServers,
    canary: createDevices,
  };
  const create = authorities[order.profile];
  const { authority } = await (create as () => ReturnType<typeof createOperators>)();
  const leaf = await issueOne(authority, order);
  return { leaf, anchor: authority.anchor, between: authority.certificate === authority.anchor ? [] : [authority.certificate] };
}

function write(t: TestContext, files: Record<string, readonly Der[]>): Record<string, string> {
  const folder = temporaryFolder(t);
  return Object.fromEntries(
    Object.entries(files).map(([name, certificates]) => {
      const path = join(folder, `${name}.pem`);
      writeFileSync(path, certificates.map((der) => encodePem("CERTIFICATE", der)).join(""));
      return [name, path];
    }),
  );
}

for (const kind of KINDS) {
  test(`OpenSSL verifies ${kind.title} certificate, strictly`, async (t) => {
    const { leaf, anchor, between } = await certify(kind);
    const files = write(t, { leaf: [leaf], anchor: [anchor], between });
    const untrusted = between.length > 0 ? ["-untrusted", `${files.between}`] : [];
    const { code, text } = run("openssl", [
      "verify",
      "-x509_strict",
      "-purpose",
      kind.purpose,
      "-CAfile",
      `${files.anchor}`,
      ...untrusted,
      `${files.leaf}`,
    ]);
    assert.equal(code, 0, text);
  });

  test(`OpenSSL refuses ${kind.title} certificate for what it is not for`, async (t) => {
    const { leaf, anchor, between } = await certify(kind);
    const files = write(t, { leaf: [leaf], anchor: [anchor], between });
    const untrusted = between.length > 0 ? ["-untrusted", `${files.between}`] : [];
    const other = kind.purpose === "sslclient" ? "sslserver" : "sslclient";
    const { code, text } = run("openssl", [
      "verify",
      "-x509_strict",
      "-purpose",
      other,
      "-CAfile",
      `${files.anchor}`,
      ...untrusted,
      `${files.leaf}`,
    ]);
    assert.notEqual(code, 0);
    assert.match(text, /unsupported certificate purpose|unsuitable certificate purpose/);
  });

  test(`GnuTLS verifies ${kind.title} certificate`, async (t) => {
    const { leaf, anchor, between } = await certify(kind);
    const files = write(t, { chain: [leaf, ...between], anchor: [anchor] });
    const purpose = kind.purpose === "sslclient" ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1";
    const { code, text } = run("certtool", [
      "--verify",
      "--verify-profile",
      "medium",
      "--verify-purpose",
      purpose,
      "--load-ca-certificate",
      `${files.anchor}`,
      "--infile",
      `${files.chain}`,
    ]);
    assert.equal(code, 0, text);
    assert.match(text, /Chain verification output: Verified/);
  });

  test(`@peculiar/x509 verifies ${kind.title} certificate`, async () => {
    const { leaf, anchor, between } = await certify(kind);
    const issuer = new x509.X509Certificate(new Uint8Array(between[0] ?? anchor));
    const certificate = new x509.X509Certificate(new Uint8Array(leaf));
    assert.ok(await certificate.verify({ publicKey: issuer.publicKey, signatureOnly: true }));
    assert.deepEqual(new Uint8Array(certificate.rawData), new Uint8Array(leaf));
    const hasNames = certificate.getExtension(x509.SubjectAlternativeNameExtension) !== null;
    assert.equal(hasNames, kind.order.profile !== "profile-signer" && kind.order.profile !== "canary");
  });
}

for (const type of ["P-384", "RSA-2048"] as const) {
  test(`OpenSSL and GnuTLS verify a device's certificate of an authority with ${type}`, async (t) => {
    const { authority } = await createDevices(type);
    const leaf = await issueOne(authority, DEVICE.order);
    const files = write(t, { leaf: [leaf], anchor: [authority.anchor] });
    const openssl = run("openssl", ["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", `${files.anchor}`, `${files.leaf}`]);
    assert.equal(openssl.code, 0, openssl.text);
    const gnutls = run("certtool", ["--verify", "--load-ca-certificate", `${files.anchor}`, "--infile", `${files.leaf}`]);
    assert.equal(gnutls.code, 0, gnutls.text);
  });
}

test("OpenSSL prints a device's certificate as it is meant", async (t) => {
  const { leaf } = await certify({ ...DEVICE, order: { ...DEVICE.order, publicationUrl: URL } });
  const files = write(t, { leaf: [leaf] });
  const { text } = run("openssl", ["x509", "-in", `${files.leaf}`, "-noout", "-text", "-nameopt", "RFC2253,-esc_msb,utf8"]);
  assert.match(text, /Version: 3 \(0x2\)/);
  assert.match(text, /Subject: UID=[0-9a-f-]{36},CN=Anna's phone – Küche\n/);
  assert.match(text, /X509v3 Key Usage: critical\n\s+Digital Signature\n/);
  assert.match(text, /X509v3 Extended Key Usage: ?\n\s+TLS Web Client Authentication\n/);
  assert.match(text, /X509v3 Subject Alternative Name: ?\n\s+URI:urn:uuid:[0-9a-f-]{36}\n/);
  assert.match(text, /X509v3 CRL Distribution Points: ?\n\s+Full Name:\n\s+URI:http:\/\/ca\.example\.com:8480\/crl\/devices\.crl\n/);
  assert.match(text, /OCSP - URI:http:\/\/ca\.example\.com:8480\/ocsp\n/);
  assert.match(text, /CA Issuers - URI:http:\/\/ca\.example\.com:8480\/ca\/devices\.crt\n/);
  assert.doesNotMatch(text, /Basic Constraints|CA:(TRUE|FALSE)/);
});
