import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { encodePem } from "../../services/ca/authority/der/pem.js";
import { signProfile } from "../../services/enrollment/sign-profile.js";
import { createServers, ecKey } from "../unit/authority/world.js";
import { issueOne } from "./issue-one.js";
import { type Outcome, run, temporaryFolder } from "./program.js";

/** What signs an iPhone's profiles: programs that share no code with Latchkey believe what it signs, and nobody believes it as a server. */

const PROFILE = Buffer.from('<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict/></plist>');

/** A profile signer and a TLS server of one house, and where the house's root is. */
async function house(t: TestContext) {
  const { authority } = await createServers();
  const folder = temporaryFolder(t);
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const certify = async (order: Parameters<typeof issueOne>[1]) => {
    const keys = ecKey();
    const leaf = await issueOne(authority, { ...order, csr: { ...order.csr, keys } });
    return {
      certificate: encodePem("CERTIFICATE", leaf) + encodePem("CERTIFICATE", authority.certificate),
      key: keys.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    };
  };
  return {
    file,
    root: file("root.pem", encodePem("CERTIFICATE", authority.anchor)),
    signer: await certify({ profile: "profile-signer" }),
    server: await certify({ profile: "server", csr: { dns: ["localhost", "home.example.com"], addresses: ["127.0.0.1"] } }),
  };
}

async function signedBy(t: TestContext) {
  const { file, root, signer } = await house(t);
  const signed = await signProfile(PROFILE, signer, new Date());
  const altered = Buffer.from(signed);
  const inside = altered.indexOf("plist");
  altered.write("PLIST", inside);
  return { root, chain: file("chain.pem", signer.certificate), signed: file("signed", signed), altered: file("altered", altered) };
}

test("OpenSSL verifies a signed profile with the house's root, and refuses one that was altered", async (t) => {
  const { root, signed, altered } = await signedBy(t);
  // `sslserver` is what the authority's own certificates are for: the chain holds where a CA's purpose binds what it signs.
  for (const purpose of ["any", "sslserver"]) {
    const verify = (path: string) =>
      run("openssl", ["cms", "-verify", "-inform", "DER", "-in", path, "-CAfile", root, "-purpose", purpose]);
    assert.equal(verify(signed).code, 0, verify(signed).text);
    assert.ok(verify(signed).text.includes(PROFILE.toString()));
    assert.notEqual(verify(altered).code, 0);
    assert.match(verify(altered).text, /digest|verification failure/i);
  }
});

test("GnuTLS verifies a signed profile with the house's root, and refuses one that was altered", async (t) => {
  const { root, signed, altered } = await signedBy(t);
  const verify = (path: string) => run("certtool", ["--p7-verify", "--load-ca-certificate", root, "--inder", "--infile", path]);
  assert.equal(verify(signed).code, 0, verify(signed).text);
  assert.match(verify(signed).text, /Signature status: ok/);
  assert.notEqual(verify(altered).code, 0);
});

test("NSS, for which a CA's purpose always binds what it signs, verifies a signed profile, and refuses one that was altered", async (t) => {
  const { root, signed, altered } = await signedBy(t);
  const database = `sql:${temporaryFolder(t)}`;
  assert.equal(run("certutil", ["-N", "-d", database, "--empty-password"]).code, 0);
  assert.equal(run("certutil", ["-A", "-d", database, "-n", "root", "-t", "C,C,C", "-i", root]).code, 0);
  // 1: certUsageSSLServer.
  const verify = (path: string) => run("cmsutil", ["-D", "-d", database, "-u", "1", "-i", path]);
  assert.deepEqual(verify(signed), { code: 0, text: PROFILE.toString() });
  assert.notEqual(verify(altered).code, 0);
});

test("Java's PKIX accepts the signer's chain", async (t) => {
  const { root, chain } = await signedBy(t);
  const program = fileURLToPath(new URL("../../../test/interop/CheckChains.java", import.meta.url));
  const { code, text } = run("java", [program, root, chain]);
  assert.equal(code, 0, text);
  assert.match(text, /^ACCEPTED$/m);
});

/** Hosts of this house, which its `servers` may certify, and what the signer is called. */
const NAMES = [
  "localhost",
  "127.0.0.1",
  "home.example.com",
  "example.com",
  "raspberrypi",
  "nas.local",
  "latchkey",
  "Latchkey profile signing",
];
const isAddress = (name: string) => /^[0-9.]+$/.test(name);

/** What each program says of whoever shows this certificate and calls itself so. */
type Client = (root: string, chain: string, name: string) => Outcome;
const openssl: Client = (root, chain, name) => {
  const as = [isAddress(name) ? "-verify_ip" : "-verify_hostname", name];
  return run("openssl", ["verify", "-purpose", "sslserver", ...as, "-CAfile", root, "-untrusted", chain, chain]);
};
const gnutls: Client = (root, chain, name) => {
  const as = ["--verify-purpose", "1.3.6.1.5.5.7.3.1", "--verify-hostname", name];
  return run("certtool", ["--verify", ...as, "--load-ca-certificate", root, "--infile", chain]);
};

for (const [program, ask] of Object.entries({ OpenSSL: openssl, GnuTLS: gnutls })) {
  test(`${program} takes the profile signer for no host at all`, async (t) => {
    const { file, root, signer, server } = await house(t);
    const [signing, serving] = [file("signer.pem", signer.certificate), file("server.pem", server.certificate)];
    assert.equal(ask(root, serving, "home.example.com").code, 0, "a server's own certificate is taken");
    for (const name of NAMES) {
      const { code, text } = ask(root, signing, name);
      assert.notEqual(code, 0, name);
      assert.match(text, /(hostname|IP address) mismatch|does not match the expected/, name);
    }
  });
}

test("curl and Node refuse a TLS server that shows the profile signer's certificate, whatever its host is called", async (t) => {
  const { root, signer, server } = await house(t);
  const listen = async ({ certificate, key }: typeof signer) => {
    const listener = createServer({ cert: certificate, key }, (_, response) => response.end("here"));
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    t.after(() => listener.close());
    return (listener.address() as AddressInfo).port;
  };
  const curl = (port: number, name: string) =>
    new Promise<string>((resolve) => {
      const options = ["--silent", "--show-error", "--cacert", root, "--resolve", `${name}:${port}:127.0.0.1`];
      execFile("curl", [...options, `https://${name}:${port}/`], (_, stdout, stderr) => resolve(stdout + stderr));
    });
  const node = (port: number, name: string) =>
    new Promise<string>((resolve) => {
      const socket = connectTls({
        port,
        ca: readFileSync(root),
        ...(isAddress(name) ? { host: name } : { host: "127.0.0.1", servername: name }),
      });
      socket.once("secureConnect", () => resolve("here"));
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      socket.once("close", () => resolve("closed"));
      t.after(() => socket.destroy());
    });
  const [signing, serving] = [await listen(signer), await listen(server)];
  for (const ask of [curl, node]) assert.equal(await ask(serving, "home.example.com"), "here", "a server's own certificate is taken");
  for (const name of NAMES.filter((one) => !one.includes(" "))) {
    assert.match(
      await curl(signing, name),
      /^curl: \(60\) SSL: .*(unable to obtain common name|no alternative certificate subject name)/,
      name,
    );
    assert.equal(await node(signing, name), "ERR_TLS_CERT_ALTNAME_INVALID", name);
  }
});
