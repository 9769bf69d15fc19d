import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import test from "node:test";
import fc from "fast-check";
import { readCsr } from "../../../services/ca/authority/csr.js";
import { encodePem } from "../../../services/ca/authority/der/pem.js";
import { LatchkeyError } from "../../../services/ca/authority/error.js";
import { assertReadsOrRefuses, mutationsOf } from "./mutations.js";
import { makeCsr } from "./world.js";

const GOOD = makeCsr({ commonName: "Anna's phone", dns: ["home.example.com"], addresses: ["192.168.1.2"] });

test("a request with octets changed, cut or put in is read or refused with a code, and never fails otherwise", async () => {
  await fc.assert(
    fc.asyncProperty(mutationsOf(GOOD), (octets) => assertReadsOrRefuses(() => readCsr(octets))),
    { numRuns: 3000 },
  );
});

test("the same of an RSA key", async () => {
  const rsa = makeCsr({ keys: generateKeyPairSync("rsa", { modulusLength: 2048 }) });
  await fc.assert(
    fc.asyncProperty(mutationsOf(rsa), (octets) => assertReadsOrRefuses(() => readCsr(octets))),
    { numRuns: 500 },
  );
});

test("the same of a PEM", async () => {
  const pem = Buffer.from(encodePem("CERTIFICATE REQUEST", GOOD));
  await fc.assert(
    fc.asyncProperty(mutationsOf(pem), (octets) => assertReadsOrRefuses(() => readCsr(octets))),
    { numRuns: 1000 },
  );
});

test("no change of one octet in what is signed gets through", async () => {
  for (let at = 0; at < GOOD.length; at++) {
    const octets = new Uint8Array(GOOD);
    octets[at] = (octets[at] ?? 0) ^ 0x01;
    await assert.rejects(readCsr(octets), LatchkeyError, `octet ${at}`);
  }
});

test("64 KiB of nested SEQUENCEs, and of noise, are refused at once", async () => {
  const nested = new Uint8Array(64 * 1024).fill(0x30);
  const noise = randomBytes(64 * 1024);
  noise[0] = 0x30;
  for (const octets of [nested, noise, Buffer.from("-----BEGIN CERTIFICATE REQUEST-----\n".repeat(1700))]) {
    await assert.rejects(readCsr(octets), LatchkeyError);
  }
});
