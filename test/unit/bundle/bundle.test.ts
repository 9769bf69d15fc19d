import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { packBundle } from "../../../services/enrollment/bundle/bundle.js";
import { createDeviceKey } from "../../../services/enrollment/bundle/device-key.js";
import { NODE_CRYPTOGRAPHY } from "../../../services/enrollment/bundle/node-cryptography.js";
import { decodeCertificates } from "../../../services/enrollment/bundle/pem.js";
import { derivePkcs12Key, KeyPurpose } from "../../../services/enrollment/bundle/pkcs12-key-derivation.js";

test("a passphrase that readers would encode differently, or an empty one, packs nothing", async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const content = { privateKey, certificateChain: "", anchors: [], deviceName: "phone", deviceId: "1" };
  for (const passphrase of ["", "schlüssel", "tab\there"]) {
    await assert.rejects(packBundle("pkcs12", { ...content, passphrase }), { name: "TypeError" });
  }
});

test("a text without a certificate is no chain", () => {
  assert.throws(() => decodeCertificates("hello"), { name: "TypeError" });
});

/** Published vectors of the derivation of RFC 7292 appendix B (Bouncy Castle's and OpenSSL's tests hold the same ones). */
const VECTORS = [
  {
    passphrase: "smeg",
    salt: "0a58cf64530d823f",
    iterations: 1,
    purpose: KeyPurpose.encryption,
    octets: 24,
    key: "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3",
  },
  { passphrase: "smeg", salt: "0a58cf64530d823f", iterations: 1, purpose: KeyPurpose.initialVector, octets: 8, key: "79993dfe048d3b76" },
  {
    passphrase: "smeg",
    salt: "3d83c0e4546ac140",
    iterations: 1,
    purpose: KeyPurpose.mac,
    octets: 20,
    key: "8d967d88f6caa9d714800ab3d48051d63f73a312",
  },
  {
    passphrase: "queeg",
    salt: "05dec959acff72f7",
    iterations: 1000,
    purpose: KeyPurpose.encryption,
    octets: 24,
    key: "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4",
  },
  {
    passphrase: "queeg",
    salt: "05dec959acff72f7",
    iterations: 1000,
    purpose: KeyPurpose.initialVector,
    octets: 8,
    key: "11dedad7758d4860",
  },
] as const;

for (const { key, salt, ...vector } of VECTORS) {
  test(`the PKCS#12 key derivation gives the published octets (${vector.passphrase}, purpose ${vector.purpose})`, async () => {
    const derived = await derivePkcs12Key({ hash: "sha1", salt: Buffer.from(salt, "hex"), ...vector }, NODE_CRYPTOGRAPHY);
    assert.equal(Buffer.from(derived).toString("hex"), key);
  });
}

test("a device's request is one that OpenSSL verifies, with an empty subject", async () => {
  const { csr } = await createDeviceKey();
  const text = execFileSync("openssl", ["req", "-inform", "der", "-noout", "-verify", "-subject", "-text"], {
    input: csr,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "ignore"],
  });
  assert.match(text, /NIST CURVE: P-256/);
  assert.match(text, /Subject:\s*$/m);
});
