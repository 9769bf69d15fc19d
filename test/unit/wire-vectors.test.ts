import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { wishOf } from "../../clients/cli/enroll/renew-here.js";
import { renewalMessage } from "../../services/ca/authority/holder-signature.js";
import * as ca from "../../services/ca/authority/invitation.js";
import { serialNumberOf } from "../../services/ca/authority/serial-number.js";
import type { Der } from "../../services/ca/authority/types.js";
import type { Cryptography } from "../../services/enrollment/bundle/cryptography.js";
import { NODE_CRYPTOGRAPHY } from "../../services/enrollment/bundle/node-cryptography.js";
import { keyOfPassphrase, proofOf } from "../../services/enrollment/bundle/proof.js";
import { hashOf } from "../../services/enrollment/window.js";

const ROOT = new URL("../../../", import.meta.url);
const vector = <Name extends string>(name: string) =>
  JSON.parse(readFileSync(new URL(`test/vectors/${name}.json`, ROOT), "utf8")) as Record<Name, string>;
const octets = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");

/** The page's, built as the page is: it is no module of Node's. */
async function webCryptography(): Promise<Cryptography> {
  const entry = fileURLToPath(new URL("services/enrollment/browser/web-cryptography.ts", ROOT));
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: "esm", write: false, logLevel: "silent" });
  const source = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
  return ((await import(`data:text/javascript;base64,${source}`)) as { WEB_CRYPTOGRAPHY: Cryptography }).WEB_CRYPTOGRAPHY;
}

test("an invitation's token has one hash, to the CA and to the enrolment service", () => {
  const { token, hash } = vector<"token" | "hash">("invitation-token");
  assert.deepEqual([ca.tokenHash(token), hashOf(token)], [hash, hash]);
});

test("a passphrase makes one key, and a public key one proof: to the CA, in Node and in the page", async () => {
  const { passphrase, invitationId, key, publicKey, proof } = vector<"passphrase" | "invitationId" | "key" | "publicKey" | "proof">(
    "enrolment-proof",
  );
  const spki = octets(publicKey);
  const proofKey = await ca.proofKeyOf(passphrase, invitationId);
  assert.deepEqual([hex(proofKey), hex(ca.proofOf(proofKey, spki as Der))], [key, proof]);
  for (const cryptography of [NODE_CRYPTOGRAPHY, await webCryptography()]) {
    const own = await keyOfPassphrase(passphrase, invitationId, cryptography);
    assert.deepEqual([hex(own), hex(proofOf(own, spki, cryptography))], [key, proof]);
  }
});

test("what an old key signs for a new one is one message, to the CA and to `latchkey enroll renew`", () => {
  const found = vector<"certificate" | "serialNumber" | "newKey" | "publicKey" | "keep" | "revoke">("renewal-message");
  const old = new X509Certificate(found.certificate);
  const next = createPrivateKey({ key: Buffer.from(found.newKey, "hex"), format: "der", type: "pkcs8" });
  const serialNumber = serialNumberOf(octets(found.serialNumber));
  assert.ok(serialNumber);
  for (const [revokeOld, message] of [
    [false, found.keep],
    [true, found.revoke],
  ] as const) {
    assert.equal(hex(wishOf(old, next, revokeOld)), message);
    assert.equal(hex(renewalMessage({ serialNumber, revokeOld, publicKey: octets(found.publicKey) as Der })), message);
  }
});
