import assert from "node:assert/strict";
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { decodePem, encodePem } from "../../../services/ca/authority/der/pem.js";
import { createKeyEncryption } from "../../../services/ca/keys/encrypted-key.js";
import { createKey, type KeyType, readKeyFile, writeKeyFile } from "../../../services/ca/keys/file.js";
import {
  normalizeRecoveryPassphrase,
  RECOVERY_RANDOM_OCTETS,
  recoveryPassphraseFrom,
  sealRootKey,
  unsealRootKey,
} from "../../../services/ca/keys/recovery.js";
import { run, temporaryFolder } from "../../interop/program.js";

const PASSPHRASE = "correct horse – Batterie";

for (const type of ["P-256", "P-384", "RSA-2048"] as const satisfies readonly KeyType[]) {
  test(`a ${type} key signs the same after it was written and read`, async (t) => {
    const path = join(temporaryFolder(t), "keys", "devices.key");
    const { signer, privateKey } = await createKey(type);
    await writeKeyFile(path, privateKey, createKeyEncryption(PASSPHRASE));
    const read = await readKeyFile(path, createKeyEncryption(PASSPHRASE));
    assert.deepEqual(read.publicKey, signer.publicKey);
    assert.deepEqual(read.signatureAlgorithm, signer.signatureAlgorithm);
    assert.equal(read.keyAlgorithm, type.startsWith("P") ? `EC ${type}` : "RSA 2048");
    const octets = randomBytes(1000);
    const key = createPublicKey({ key: Buffer.from(signer.publicKey), format: "der", type: "spki" });
    assert.ok(verify(type === "P-384" ? "sha384" : "sha256", octets, { key, dsaEncoding: "der" }, await read.sign(octets)));
  });
}

test("OpenSSL opens a key file with the passphrase, and not without it", async (t) => {
  const path = join(temporaryFolder(t), "devices.key");
  const { privateKey } = await createKey("P-256");
  await writeKeyFile(path, privateKey, createKeyEncryption(PASSPHRASE));
  const opened = run("openssl", ["pkey", "-in", path, "-passin", "stdin", "-pubout"], `${PASSPHRASE}\n`);
  assert.equal(opened.text, createPublicKey(privateKey.export({ format: "pem", type: "pkcs8" })).export({ format: "pem", type: "spki" }));
  assert.notEqual(run("openssl", ["pkey", "-in", path, "-passin", "stdin", "-pubout"], "wrong\n").code, 0);
  assert.match(run("openssl", ["asn1parse", "-in", path]).text, /PBES2[\s\S]*scrypt[\s\S]*aes-256-cbc/);
});

test("a key file of OpenSSL's own making (scrypt) is opened", async (t) => {
  const folder = temporaryFolder(t);
  const { signer, privateKey } = await createKey("P-256");
  const [plain, path] = [join(folder, "plain.pem"), join(folder, "openssl.key")];
  writeFileSync(plain, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 });
  assert.equal(run("openssl", ["pkcs8", "-topk8", "-scrypt", "-in", plain, "-out", path, "-passout", "stdin"], `${PASSPHRASE}\n`).code, 0);
  assert.deepEqual((await readKeyFile(path, createKeyEncryption(PASSPHRASE))).publicKey, signer.publicKey);
});

test("a key file is 0600 in a folder of 0700, whatever the umask, and nothing is left beside it", async (t) => {
  const umask = process.umask(0o000);
  t.after(() => process.umask(umask));
  const folder = join(temporaryFolder(t), "keys");
  const { privateKey } = await createKey("P-256");
  for (let time = 0; time < 2; time++) await writeKeyFile(join(folder, "devices.key"), privateKey, createKeyEncryption(PASSPHRASE));
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, "devices.key")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ["devices.key"]);
});

test("the key files of one passphrase share the salt, each with an initialization vector of its own", async (t) => {
  const folder = temporaryFolder(t);
  const [one, other, later] = ["devices.key", "operators.key", "servers-2.key"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const { privateKey } = await createKey("P-256");
  const encryption = createKeyEncryption(PASSPHRASE);
  await writeKeyFile(one, privateKey, encryption);
  await writeKeyFile(other, privateKey, encryption);
  const reopened = createKeyEncryption(PASSPHRASE);
  await readKeyFile(one, reopened);
  await writeKeyFile(later, privateKey, reopened);
  const files = [one, other, later].map(encryptedIn);
  assert.equal(new Set(files.map(({ salt }) => salt)).size, 1);
  assert.equal(new Set(files.map(({ iv }) => iv)).size, 3);
  assert.equal(new Set(files.map(({ content }) => content)).size, 3);
  for (const path of [one, other, later])
    assert.equal(run("openssl", ["pkey", "-in", path, "-passin", "stdin", "-noout"], `${PASSPHRASE}\n`).code, 0);
});

test("a folder of key files with a salt each, as earlier builds made them, is opened, and so is what is written into it", async (t) => {
  const folder = temporaryFolder(t);
  const { privateKey } = await createKey("P-256");
  const earlier = ["devices.key", "operators.key"].map((name) => join(folder, name));
  for (const path of earlier) await writeKeyFile(path, privateKey, createKeyEncryption(PASSPHRASE));
  const encryption = createKeyEncryption(PASSPHRASE);
  for (const path of earlier) await readKeyFile(path, encryption);
  const added = join(folder, "servers-2.key");
  await writeKeyFile(added, privateKey, encryption);
  assert.equal(encryptedIn(added).salt, encryptedIn(earlier[0] ?? "").salt);
  await readKeyFile(added, createKeyEncryption(PASSPHRASE));
});

test("a file of OpenSSL's lesser cost does not lend its salt to new ones", async (t) => {
  const path = join(temporaryFolder(t), "devices.key");
  const { privateKey } = await createKey("P-256");
  await writeKeyFile(path, privateKey, createKeyEncryption(PASSPHRASE, { N: 16, r: 1, p: 1 }));
  const encryption = createKeyEncryption(PASSPHRASE);
  await readKeyFile(path, encryption);
  assert.notEqual(Buffer.from(encryption.salt()).toString("hex"), encryptedIn(path).salt);
});

/** Salt, initialization vector and encrypted key of a key file, by OpenSSL. */
function encryptedIn(path: string): { salt: string | undefined; iv: string | undefined; content: string | undefined } {
  const [salt, iv, content] = [...run("openssl", ["asn1parse", "-in", path]).text.matchAll(/OCTET STRING\s+\[HEX DUMP\]:([0-9A-F]+)/g)].map(
    ([, hex]) => hex?.toLowerCase(),
  );
  return { salt, iv, content };
}

test("a file that can't be written leaves the old one, and nothing beside it", async (t) => {
  const folder = temporaryFolder(t);
  // A folder stands where the file should go: the rename fails, as on a full or broken disk.
  mkdirSync(join(folder, "devices.key", "something"), { recursive: true });
  const { privateKey } = await createKey("P-256");
  await assert.rejects(writeKeyFile(join(folder, "devices.key"), privateKey, createKeyEncryption(PASSPHRASE)));
  assert.deepEqual(readdirSync(folder), ["devices.key"]);
});

test("the wrong passphrase is called that, every time", async (t) => {
  const path = join(temporaryFolder(t), "devices.key");
  const { privateKey } = await createKey("P-256");
  await writeKeyFile(path, privateKey, createKeyEncryption(PASSPHRASE, { N: 2, r: 1, p: 1 }));
  // One wrong key in 256 gives a padding that looks right.
  for (let attempt = 0; attempt < 600; attempt++) {
    await assert.rejects(
      readKeyFile(path, createKeyEncryption(`wrong ${attempt}`)),
      (error: Error) => "code" in error && error.code === "PASSPHRASE_WRONG" && !error.message.includes("wrong "),
    );
  }
});

test("a key file that is missing, broken, or asks for a cost out of bounds is refused", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "devices.key");
  await assert.rejects(readKeyFile(path, createKeyEncryption(PASSPHRASE)), { code: "STORE_CORRUPT" });
  const { privateKey } = await createKey("P-256");
  await writeKeyFile(path, privateKey, createKeyEncryption(PASSPHRASE, { N: 16, r: 1, p: 1 }));
  const [der = new Uint8Array()] = decodePem("ENCRYPTED PRIVATE KEY", readFileSync(path, "latin1"));
  const costs = Buffer.from("020110020101020101", "hex");
  const at = Buffer.from(der).indexOf(costs);
  assert.notEqual(at, -1);
  for (const cost of ["020111020101020101", "020110020100020101", "020110020101020100", "020101020101020101"]) {
    const changed = Buffer.from(der);
    changed.set(Buffer.from(cost, "hex"), at);
    writeFileSync(path, encodePem("ENCRYPTED PRIVATE KEY", changed));
    await assert.rejects(readKeyFile(path, createKeyEncryption(PASSPHRASE)), { code: "STORE_CORRUPT" }, cost);
  }
  writeFileSync(path, encodePem("ENCRYPTED PRIVATE KEY", Buffer.from(der).subarray(0, -1)));
  await assert.rejects(readKeyFile(path, createKeyEncryption(PASSPHRASE)), { code: "STORE_CORRUPT" });
  chmodSync(path, 0o600);
  assert.ok(existsSync(path));
});

test("the root is sealed by a recovery passphrase, which opens it also as people type it", async (t) => {
  const path = join(temporaryFolder(t), "servers-root.key");
  const { signer, privateKey } = await createKey("P-256");
  const passphrase = recoveryPassphraseFrom(randomBytes(RECOVERY_RANDOM_OCTETS));
  await sealRootKey(path, privateKey, passphrase);
  const typed = ` ${passphrase.toLowerCase().replace(/-/g, " ").replace(/0/g, "o").replace(/1/g, "l")} `;
  assert.deepEqual((await unsealRootKey(path, typed)).publicKey, signer.publicKey);
  await assert.rejects(unsealRootKey(path, recoveryPassphraseFrom(randomBytes(RECOVERY_RANDOM_OCTETS))), {
    code: "RECOVERY_PASSPHRASE_WRONG",
  });
  assert.equal(run("openssl", ["pkey", "-in", path, "-passin", "stdin", "-noout"], `${passphrase}\n`).code, 0);
});

test("a recovery passphrase has seven groups of four, no look-alikes, and is its own normal form", () => {
  for (let time = 0; time < 200; time++) {
    const passphrase = recoveryPassphraseFrom(randomBytes(RECOVERY_RANDOM_OCTETS));
    assert.match(passphrase, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){6}$/);
    assert.equal(normalizeRecoveryPassphrase(passphrase), passphrase);
  }
});
