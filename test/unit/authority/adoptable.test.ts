import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readAdoptable } from "../../../services/ca/authority/adoption/adoptable.js";
import { readIndex } from "../../../services/ca/authority/adoption/certificate-index.js";
import { LatchkeyError } from "../../../services/ca/authority/error.js";
import type { Der } from "../../../services/ca/authority/types.js";

const folder = mkdtempSync(join(tmpdir(), "latchkey-adoptable-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A self-signed certificate by openssl, with these extensions. */
function make(
  name: string,
  extensions: readonly string[],
  key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
  days = "3650",
) {
  const [certificate, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const added = extensions.flatMap((extension) => ["-addext", extension]);
  execFileSync(
    "openssl",
    ["req", "-x509", ...key, "-nodes", "-days", days, "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", certificate, ...added],
    { stdio: "pipe" },
  );
  return { der: new Uint8Array(new X509Certificate(readFileSync(certificate)).raw) as Der, key: createPrivateKey(readFileSync(keyFile)) };
}

const good = make("good", []);

function refuses(name: string, { der, key }: ReturnType<typeof make>, why: RegExp, at = new Date()): void {
  test(`${name} is refused, and why is said`, () => {
    assert.throws(
      () => readAdoptable(der, key, at),
      (error) => error instanceof LatchkeyError && error.code === "CA_NOT_ADOPTABLE" && why.test(error.message),
    );
  });
}

test("a CA as `openssl req -x509` makes it can be taken over", () => {
  assert.equal(readAdoptable(good.der, good.key, new Date()).x509.subject, "CN=good");
});

refuses("a CA that may sign no CRL (mkcert's)", make("no crl sign", ["keyUsage=critical,keyCertSign"]), /cRLSign/);
refuses("a CA that is for servers alone", make("servers", ["extendedKeyUsage=serverAuth"]), /clientAuth/);
refuses("what is no CA", make("leaf", ["basicConstraints=critical,CA:FALSE"]), /not that of a CA/);
refuses("another CA's key", { ...good, key: make("other", []).key }, /key is not that of the certificate/);
refuses("a short RSA key", make("short", [], ["-newkey", "rsa:1024"]), /KEY_SIZE_NOT_ALLOWED/);
refuses("an Ed25519 key", make("ed", [], ["-newkey", "ed25519"]), /Ed25519/);
refuses("a CA that has ended", good, /ended on/, new Date(Date.now() + 4000 * 86_400_000));
refuses(
  "octets that are no certificate",
  { ...good, der: Buffer.from("3003020100", "hex") as Uint8Array as Der },
  /not one that Latchkey reads/,
);

test("the list of `openssl ca` is read, and what is none is refused by its line", () => {
  const now = new Date("2030-01-01T00:00:00Z");
  const { entries, unusable } = readIndex(
    [
      "V\t360101000000Z\t\t0A\tunknown\t/C=DE/CN=anna",
      "R\t360101000000Z\t250101000000Z,keyCompromise\tFF\tunknown\t/CN=ben",
      "V\t20560101000000Z\t\t00\tunknown\t/CN=zero",
      "",
    ].join("\n"),
    now,
  );
  assert.deepEqual(
    entries.map(({ serialNumber, commonName, revoked }) => [serialNumber, commonName, revoked?.reason]),
    [
      ["0a", "anna", undefined],
      ["00ff", "ben", "keyCompromise"],
    ],
  );
  assert.equal(unusable, 1);
  assert.throws(() => readIndex("V\t360101000000Z\t\t0A\tunknown\t/CN=a\nhello\n", now), /Line 2/);
  const long = `R\t360101000000Z\t250101000000Z\t${"7F".repeat(21)}\tunknown\t/CN=carl`;
  assert.throws(() => readIndex(long, now), { code: "CA_NOT_ADOPTABLE", message: /line 1 of its list names a revoked certificate/ });
  assert.equal(readIndex(long, new Date("2036-01-02T00:00:00Z")).unusable, 1);
});
