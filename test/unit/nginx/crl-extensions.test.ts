// First: @peculiar/x509 needs it.
import "reflect-metadata";
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import * as x509 from "@peculiar/x509";
import { acceptCrl } from "../../../clients/nginx/accept-crl.js";
import { Problem, type ProblemCode } from "../../../clients/nginx/problem.js";
import { element, integer, octetString, sequence } from "../../../services/ca/authority/der/writer.js";
import { startTestAuthority, type TestAuthority } from "../../support/authority.js";
import { type CrlForge, type CrlWish, forgeOfDevices } from "../../support/crafted-crl.js";

const LAST_OF_TWENTY_OCTETS = (1n << 160n) - 1n;
const nobody = sequence(element(0xa4, new Uint8Array(new x509.Name("CN=nobody").toArrayBuffer())));
/** An authorityKeyIdentifier that names a CA by the issuer and the serial number of its certificate. */
const certificateOf = (issuer: x509.Name, serialNumber: string) =>
  extension(
    "2.5.29.35",
    false,
    sequence(element(0xa1, element(0xa4, new Uint8Array(issuer.toArrayBuffer()))), element(0x82, Buffer.from(serialNumber, "hex"))),
  );
const extension = (id: string, critical: boolean, value: Uint8Array) => new x509.Extension(id, critical, value);

let world: TestAuthority;
let pem: string;
let ca: X509Certificate;
let forge: CrlForge;
before(async () => {
  world = await startTestAuthority();
  pem = await (await fetch(`http://${world.ca.http}/ca/devices.pem`)).text();
  ca = new X509Certificate(pem);
  forge = await forgeOfDevices(world);
});
after(() => world.stop());

async function accept(wish: Partial<CrlWish>): Promise<bigint> {
  const der = await forge({ number: 5n, serialNumbers: ["0123456789abcdef"], ...wish });
  return acceptCrl({ der, departed: new Map() }, ca, undefined, new Date()).number;
}

const REFUSED: Readonly<Record<string, { wish: () => Partial<CrlWish>; code: ProblemCode; says: RegExp }>> = {
  "an entry that is taken back by its reason": { wish: () => ({ reason: "removeFromCRL" }), code: "CRL_CORRUPT", says: /reason 8/ },
  "an entry of another CA's certificate": {
    wish: () => ({ entryExtensions: [extension("2.5.29.29", false, nobody)] }),
    code: "CRL_CORRUPT",
    says: /no entry of a full CRL/,
  },
  "an entry with a critical extension": {
    wish: () => ({ entryExtensions: [extension("1.2.3.4", true, octetString())] }),
    code: "CRL_CORRUPT",
    says: /no entry of a full CRL/,
  },
  "a critical extension": {
    wish: () => ({ extensions: [extension("1.2.3.4", true, octetString())] }),
    code: "CRL_CORRUPT",
    says: /no full CRL/,
  },
  "a delta that does not say so loudly": {
    wish: () => ({ extensions: [extension("2.5.29.27", false, integer(4n))] }),
    code: "CRL_CORRUPT",
    says: /no full CRL/,
  },
  "a partition that does not say so loudly": {
    wish: () => ({ extensions: [extension("2.5.29.28", false, sequence(element(0x82, Uint8Array.of(0xff))))] }),
    code: "CRL_CORRUPT",
    says: /no full CRL/,
  },
  "two numbers": { wish: () => ({ extensions: [extension("2.5.29.20", false, integer(6n))] }), code: "CRL_CORRUPT", says: /twice/ },
  "a number of 21 octets": { wish: () => ({ number: LAST_OF_TWENTY_OCTETS + 1n }), code: "CRL_CORRUPT", says: /more than 20 octets/ },
  "another key's identifier": { wish: () => ({ keyIdentifier: "11".repeat(20) }), code: "CRL_FOREIGN", says: /another key/ },
  "another certificate's serial number": {
    wish: () => ({ signer: certificateOf(new x509.X509Certificate(pem).issuerName, "01") }),
    code: "CRL_FOREIGN",
    says: /another key/,
  },
  "another certificate's issuer": {
    wish: () => ({ signer: certificateOf(new x509.Name("CN=nobody"), ca.serialNumber) }),
    code: "CRL_FOREIGN",
    says: /another key/,
  },
};

for (const [name, { wish, code, says }] of Object.entries(REFUSED)) {
  test(`a CRL with ${name} is refused: nginx would not read it as the hook does`, async () => {
    await assert.rejects(accept(wish()), (error) => error instanceof Problem && error.code === code && says.test(error.message));
  });
}

test("a number of twenty octets is one like any other (RFC 5280 §5.2.3)", async () => {
  assert.equal(await accept({ number: LAST_OF_TWENTY_OCTETS }), LAST_OF_TWENTY_OCTETS);
});

test("what every verifier reads alike is accepted: other reasons, unknown extensions, the CA named by issuer and serial number", async () => {
  const extensions = [extension("1.2.3.4", false, octetString())];
  assert.equal(await accept({ reason: "certificateHold", extensions, entryExtensions: extensions }), 5n);
  assert.equal(await accept({ signer: certificateOf(new x509.X509Certificate(pem).issuerName, ca.serialNumber) }), 5n);
});
