import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Authority } from "../../services/ca/authority/authority.js";
import { encodePem } from "../../services/ca/authority/der/pem.js";
import { bitString, sequence } from "../../services/ca/authority/der/writer.js";
import { OID } from "../../services/ca/authority/object-identifiers.js";
import type { Der } from "../../services/ca/authority/types.js";
import { type ReferenceCertificate, referenceTbsCertificate } from "../unit/authority/pkijs-reference.js";
import { createServers, ecKey, newSerialNumber, spkiOf } from "../unit/authority/world.js";
import { run, temporaryFolder } from "./program.js";

/**
 * A thief has the online key of `servers` and signs by hand what Latchkey never would: verifiers that trust the root
 * must refuse it. The site is example.com on the host raspberrypi.
 */

interface Forged extends Pick<ReferenceCertificate, "names"> {
  readonly commonName?: string;
  /** GnuTLS 3.7 passes over constraints on URIs (and never identifies a server by one). */
  readonly isPassedOverByGnutls?: true;
}

const PERMITTED: Readonly<Record<string, Forged>> = {
  "a name below the site's domain": { names: { dns: ["home.example.com"] } },
  "the same, with its CN": { commonName: "home.example.com", names: { dns: ["home.example.com"] } },
  "a wildcard below it": { names: { dns: ["*.example.com"] } },
  "the bare host name": { names: { dns: ["raspberrypi"] } },
  "local names": { names: { dns: ["nas.local", "nas.home.arpa", "nas.lan", "nas.internal", "fritz.box", "localhost"] } },
  "private, link-local and loopback addresses": {
    names: { addresses: ["10.1.2.3", "172.31.0.1", "192.168.1.2", "169.254.1.1", "127.0.0.1", "fd00::2", "fe80::1", "::1"] },
  },
};

const FOREIGN: Readonly<Record<string, Forged>> = {
  "another site": { names: { dns: ["bank.example"] } },
  "another site beside a permitted name": { names: { dns: ["home.example.com", "bank.example"] } },
  "a name that only ends like the domain": { names: { dns: ["notexample.com"] } },
  "a public IPv4 address": { names: { addresses: ["8.8.8.8"] } },
  "an address just outside 172.16/12": { names: { addresses: ["172.32.0.1"] } },
  "a public IPv6 address": { names: { addresses: ["2001:db8::1"] } },
  "an e-mail address": { names: { dns: ["home.example.com"], emails: ["someone@bank.example"] } },
  "another site in the CN, without a SAN": { commonName: "bank.example", names: {} },
  "another site in the CN, beside a permitted address": { commonName: "bank.example", names: { addresses: ["192.168.1.2"] } },
  "a URI": { names: { dns: ["home.example.com"], uris: ["https://bank.example/"] }, isPassedOverByGnutls: true },
};

async function forge(authority: Authority, { names, commonName }: Forged): Promise<Der> {
  const tbs = referenceTbsCertificate(authority, {
    serialNumber: newSerialNumber(),
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    subject: commonName === undefined ? [] : [{ type: OID.commonName, value: commonName }],
    publicKey: spkiOf(ecKey().publicKey),
    keyPurpose: OID.serverAuth,
    names,
  });
  return sequence(tbs, authority.signer.signatureAlgorithm, bitString(await authority.signer.sign(tbs)));
}

/** The chain that a server would send for each, as files. */
async function forgeAll(
  t: TestContext,
  forged: Readonly<Record<string, Forged>>,
): Promise<{ anchor: string; chains: Map<string, string> }> {
  const { authority } = await createServers();
  const folder = temporaryFolder(t);
  const anchor = join(folder, "root.pem");
  writeFileSync(anchor, encodePem("CERTIFICATE", authority.anchor));
  const chains = new Map<string, string>();
  for (const [title, values] of Object.entries(forged)) {
    const path = join(folder, `${chains.size}.pem`);
    writeFileSync(path, encodePem("CERTIFICATE", await forge(authority, values)) + encodePem("CERTIFICATE", authority.certificate));
    chains.set(title, path);
  }
  return { anchor, chains };
}

function openssl(anchor: string, chain: string): { accepts: boolean; text: string } {
  const { code, text } = run("openssl", ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", anchor, "-untrusted", chain, chain]);
  return { accepts: code === 0, text };
}

function gnutls(anchor: string, chain: string): { accepts: boolean; text: string } {
  const { code, text } = run("certtool", ["--verify", "--load-ca-certificate", anchor, "--infile", chain]);
  return { accepts: code === 0, text };
}

/** One run for all chains: starting Java takes a second. */
function java(anchor: string, chains: Iterable<string>): { accepts: boolean; text: string }[] {
  const program = fileURLToPath(new URL("../../../test/interop/CheckChains.java", import.meta.url));
  const { code, text } = run("java", [program, anchor, ...chains]);
  assert.equal(code, 0, text);
  const lines = text.split("\n").filter((line) => /^(ACCEPTED|REFUSED)/.test(line));
  return lines.map((line) => ({ accepts: line.startsWith("ACCEPTED"), text: line }));
}

for (const [title, forged] of Object.entries(PERMITTED)) {
  test(`OpenSSL and GnuTLS accept ${title}`, async (t) => {
    const { anchor, chains } = await forgeAll(t, { [title]: forged });
    for (const chain of chains.values()) {
      assert.equal(openssl(anchor, chain).accepts, true, openssl(anchor, chain).text);
      assert.equal(gnutls(anchor, chain).accepts, true, gnutls(anchor, chain).text);
    }
  });
}

for (const [title, forged] of Object.entries(FOREIGN)) {
  test(`OpenSSL ${forged.isPassedOverByGnutls ? "refuses" : "and GnuTLS refuse"} ${title}, made with the online key`, async (t) => {
    const { anchor, chains } = await forgeAll(t, { [title]: forged });
    for (const chain of chains.values()) {
      const { accepts, text } = openssl(anchor, chain);
      assert.equal(accepts, false);
      assert.match(text, /permitted subtree violation/);
      if (forged.isPassedOverByGnutls) continue;
      assert.equal(gnutls(anchor, chain).accepts, false);
      assert.match(gnutls(anchor, chain).text, /violates the signer's constraints/);
    }
  });
}

test("Java's PKIX accepts each of the permitted, and refuses each of the foreign", async (t) => {
  const { anchor, chains } = await forgeAll(t, { ...PERMITTED, ...FOREIGN });
  const verdicts = java(anchor, chains.values());
  assert.equal(verdicts.length, chains.size);
  for (const [index, title] of [...chains.keys()].entries()) {
    const verdict = verdicts[index];
    assert.equal(verdict?.accepts, title in PERMITTED, `${title}: ${verdict?.text}`);
    if (title in FOREIGN) assert.match(verdict?.text ?? "", /name constraints|URI|NAME/i);
  }
});
