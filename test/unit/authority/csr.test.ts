import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import test from "node:test";
import { readCsr } from "../../../services/ca/authority/csr.js";
import { encodePem } from "../../../services/ca/authority/der/pem.js";
import { TAG } from "../../../services/ca/authority/der/tag.js";
import { bitString, element, integer, nullValue, objectIdentifier, sequence } from "../../../services/ca/authority/der/writer.js";
import { encodeName } from "../../../services/ca/authority/distinguished-name.js";
import type { ErrorCode } from "../../../services/ca/authority/error.js";
import { OID } from "../../../services/ca/authority/object-identifiers.js";
import type { Der } from "../../../services/ca/authority/types.js";
import { ecKey, extensionRequest, makeCsr, requestInfo, signCsr, spkiOf } from "./world.js";

const KEYS = ecKey();
const EMPTY_NAME = encodeName({});

function withSpki(spki: Der): Der {
  return signCsr(requestInfo(EMPTY_NAME, spki, []), KEYS.privateKey);
}

function ecSpki(curve: string, point: Uint8Array): Der {
  return sequence(sequence(objectIdentifier(OID.ecPublicKey), objectIdentifier(curve)), bitString(point));
}

function pointOf(spki: Der): Buffer {
  return Buffer.from(spki.subarray(spki.length - 65));
}

test("a request says who its key is, and what it asks for", async () => {
  const der = makeCsr({ keys: KEYS, commonName: "Anna's phone", dns: ["Home.Example.com"], addresses: ["192.168.1.2", "fd00::2"] });
  const csr = await readCsr(der);
  assert.deepEqual(csr.subject, { commonNames: ["Anna's phone"], otherAttributes: [] });
  assert.deepEqual(csr.dnsNames, ["home.example.com"]);
  assert.deepEqual(csr.addresses, ["192.168.1.2", "fd00::2"]);
  assert.equal(csr.otherNames, false);
  assert.equal(csr.keyAlgorithm, "EC P-256");
  assert.deepEqual(csr.publicKey, spkiOf(KEYS.publicKey));
  assert.equal(csr.publicKeyHash, createHash("sha256").update(spkiOf(KEYS.publicKey)).digest("hex"));
});

test("PEM is read like DER, also with the text that OpenSSL writes above it", async () => {
  const der = makeCsr({ keys: KEYS });
  for (const label of ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]) {
    const csr = await readCsr(Buffer.from(`Certificate Request:\n    Data:\n${encodePem(label, der).replace(/\n/g, "\r\n")}`));
    assert.deepEqual(csr.publicKey, spkiOf(KEYS.publicKey));
  }
});

test("names of other kinds are seen", async () => {
  assert.equal((await readCsr(makeCsr({ uris: ["urn:latchkey:role:admin"] }))).otherNames, true);
});

test("requests of P-384, RSA and Ed25519 keys are read", async () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  assert.equal((await readCsr(makeCsr({ keys: ecKey("P-384") }))).keyAlgorithm, "EC P-384");
  assert.equal((await readCsr(makeCsr({ keys: rsa }))).keyAlgorithm, "RSA 2048");
  assert.equal((await readCsr(makeCsr({ keys: generateKeyPairSync("ed25519") }))).keyAlgorithm, "Ed25519");
});

test("a request without the attributes field is read", async () => {
  const info = sequence(integer(0), EMPTY_NAME, spkiOf(KEYS.publicKey));
  assert.equal((await readCsr(signCsr(info, KEYS.privateKey))).keyAlgorithm, "EC P-256");
});

const GOOD = makeCsr({ keys: KEYS });
const OTHER_PERSON = ecKey();

const REFUSED: readonly { title: string; code: ErrorCode; csr: () => Uint8Array }[] = [
  { title: "nothing at all", code: "CSR_MALFORMED", csr: () => new Uint8Array() },
  { title: "a text that is no PEM", code: "CSR_MALFORMED", csr: () => Buffer.from("hello") },
  { title: "a certificate's PEM", code: "CSR_MALFORMED", csr: () => Buffer.from(encodePem("CERTIFICATE", GOOD)) },
  {
    title: "a PEM without its header",
    code: "CSR_MALFORMED",
    csr: () => Buffer.from(encodePem("CERTIFICATE REQUEST", GOOD).replace(/^.*\n/, "")),
  },
  {
    title: "a PEM with odd base64",
    code: "CSR_MALFORMED",
    csr: () => Buffer.from(encodePem("CERTIFICATE REQUEST", GOOD).replace("\nM", "\n=M")),
  },
  {
    title: "a PEM with two requests",
    code: "CSR_TRAILING_BYTES",
    csr: () => Buffer.from(encodePem("CERTIFICATE REQUEST", GOOD).repeat(2)),
  },
  { title: "octets behind the DER", code: "CSR_TRAILING_BYTES", csr: () => Buffer.concat([GOOD, Buffer.of(0)]) },
  {
    title: "octets behind the DER in the PEM",
    code: "CSR_TRAILING_BYTES",
    csr: () => Buffer.from(encodePem("CERTIFICATE REQUEST", Buffer.concat([GOOD, Buffer.of(5, 0)]))),
  },
  { title: "a request cut off", code: "CSR_MALFORMED", csr: () => GOOD.subarray(0, -1) },
  { title: "a SEQUENCE of something else", code: "CSR_MALFORMED", csr: () => sequence(integer(1), integer(2)) },
  { title: "more than 64 KiB", code: "CSR_TOO_LARGE", csr: () => new Uint8Array(64 * 1024 + 1) },
  {
    title: "version 2",
    code: "CSR_MALFORMED",
    csr: () => signCsr(sequence(integer(1), EMPTY_NAME, spkiOf(KEYS.publicKey), element(0xa0)), KEYS.privateKey),
  },
  {
    title: "an extension asked for twice",
    code: "CSR_MALFORMED",
    csr: () => requestWith([extensionRequest("2.5.29.17", sanOf("a.example")), extensionRequest("2.5.29.17", sanOf("b.example"))]),
  },
  {
    title: "a name with a NUL in it",
    code: "CSR_MALFORMED",
    csr: () => requestWith([extensionRequest("2.5.29.17", sanOf("good.example\0.bad.example"))]),
  },
  {
    title: "another person's key",
    code: "PROOF_OF_POSSESSION_FAILED",
    csr: () => signCsr(requestInfo(EMPTY_NAME, spkiOf(OTHER_PERSON.publicKey), []), KEYS.privateKey),
  },
  {
    title: "a changed octet in what is signed",
    code: "PROOF_OF_POSSESSION_FAILED",
    csr: () =>
      Buffer.from(
        Buffer.from(makeCsr({ keys: KEYS, commonName: "Anna" }))
          .toString("latin1")
          .replace("Anna", "Bnna"),
        "latin1",
      ),
  },
  { title: "an algorithm of another key type", code: "PROOF_OF_POSSESSION_FAILED", csr: () => resign(OID.sha256WithRsa) },
  { title: "a signature by SHA-1", code: "KEY_TYPE_NOT_ALLOWED", csr: () => resign("1.2.840.10045.4.1") },
  { title: "a key on P-521", code: "KEY_TYPE_NOT_ALLOWED", csr: () => makeCsr({ keys: ecKey("P-521") }) },
  { title: "a key on secp256k1", code: "KEY_TYPE_NOT_ALLOWED", csr: () => makeCsr({ keys: ecKey("secp256k1") }) },
  { title: "an Ed448 key", code: "KEY_TYPE_NOT_ALLOWED", csr: () => withSpki(spkiOf(generateKeyPairSync("ed448").publicKey)) },
  {
    title: "an RSA-PSS key",
    code: "KEY_TYPE_NOT_ALLOWED",
    csr: () => withSpki(spkiOf(generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).publicKey)),
  },
  {
    title: "a curve spelled out in parameters",
    code: "KEY_TYPE_NOT_ALLOWED",
    csr: () =>
      withSpki(sequence(sequence(objectIdentifier(OID.ecPublicKey), sequence(integer(1))), bitString(pointOf(spkiOf(KEYS.publicKey))))),
  },
  {
    title: "a compressed point",
    code: "KEY_TYPE_NOT_ALLOWED",
    csr: () => withSpki(ecSpki(OID.p256, Buffer.concat([Buffer.of(2), pointOf(spkiOf(KEYS.publicKey)).subarray(1, 33)]))),
  },
  {
    title: "a point off the curve",
    code: "KEY_WEAK",
    csr: () => withSpki(ecSpki(OID.p256, Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]))),
  },
  {
    title: "a coordinate above the prime",
    code: "KEY_WEAK",
    csr: () => withSpki(ecSpki(OID.p256, Buffer.concat([Buffer.of(4), Buffer.alloc(64, 0xff)]))),
  },
  { title: "the point at infinity", code: "KEY_TYPE_NOT_ALLOWED", csr: () => withSpki(ecSpki(OID.p256, Buffer.of(0))) },
  {
    title: "RSA of 1024 bits",
    code: "KEY_SIZE_NOT_ALLOWED",
    csr: () => makeCsr({ keys: generateKeyPairSync("rsa", { modulusLength: 1024 }) }),
  },
  {
    title: "RSA with the exponent 3",
    code: "KEY_EXPONENT_NOT_ALLOWED",
    csr: () => makeCsr({ keys: generateKeyPairSync("rsa", { modulusLength: 2048, publicExponent: 3 }) }),
  },
  {
    title: "RSA without its NULL",
    code: "KEY_WEAK",
    csr: () => withSpki(sequence(sequence(objectIdentifier(OID.rsaEncryption)), bitString(sequence(integer(1), integer(3))))),
  },
];

function requestWith(attributes: readonly Der[]): Der {
  return signCsr(requestInfo(EMPTY_NAME, spkiOf(KEYS.publicKey), attributes), KEYS.privateKey);
}

function sanOf(name: string): Der {
  return sequence(element(0x82, Buffer.from(name, "latin1")));
}

/** The good request under another algorithm's name. */
function resign(oid: string): Der {
  const info = requestInfo(EMPTY_NAME, spkiOf(KEYS.publicKey), []);
  return sequence(
    info,
    sequence(objectIdentifier(oid), ...(oid === OID.sha256WithRsa ? [nullValue()] : [])),
    bitString(Buffer.alloc(70, 1)),
  );
}

for (const { title, code, csr } of REFUSED) {
  test(`${title} is refused: ${code}`, async () => {
    await assert.rejects(readCsr(csr()), { name: "LatchkeyError", code });
  });
}

test("a request's secret, the challengePassword, is passed over", async () => {
  const challengePassword = sequence(
    objectIdentifier("1.2.840.113549.1.9.7"),
    element(TAG.SET, element(TAG.UTF8_STRING, Buffer.from("s3cret"))),
  );
  const csr = await readCsr(requestWith([challengePassword]));
  assert.doesNotMatch(JSON.stringify(csr), /s3cret/);
});
