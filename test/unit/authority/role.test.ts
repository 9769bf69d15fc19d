import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import fc from "fast-check";
import type { Authority } from "../../../services/ca/authority/authority.js";
import { bitString, sequence } from "../../../services/ca/authority/der/writer.js";
import { OID } from "../../../services/ca/authority/object-identifiers.js";
import { readRole } from "../../../services/ca/authority/role.js";
import { type Der, OPERATOR_ROLES } from "../../../services/ca/authority/types.js";
import { issueOne } from "../../interop/issue-one.js";
import { mutationsOf } from "./mutations.js";
import { referenceTbsCertificate } from "./pkijs-reference.js";
import { createDevices, createOperators, ecKey, NOW, newSerialNumber, spkiOf } from "./world.js";

for (const role of OPERATOR_ROLES) {
  test(`the role ${role} is read from the certificate that was issued for it`, async () => {
    const { authority } = await createOperators();
    const serverNames = role === "server" ? ["localhost"] : [];
    assert.equal(readRole(await issueOne(authority, { profile: "operator", name: "someone", role, serverNames, at: NOW })), role);
  });
}

const CLAIMS: readonly { title: string; uris: readonly string[]; keyPurpose: string }[] = [
  { title: "without a role", uris: ["urn:uuid:7f7a3a2e-5a0e-4c5e-9d3b-0d9d2c1b6a11"], keyPurpose: OID.clientAuth },
  { title: "with two roles", uris: ["urn:latchkey:role:viewer", "urn:latchkey:role:admin"], keyPurpose: OID.clientAuth },
  { title: "with the same role twice", uris: ["urn:latchkey:role:admin", "urn:latchkey:role:admin"], keyPurpose: OID.clientAuth },
  {
    title: "with a role and another in capitals",
    uris: ["urn:latchkey:role:viewer", "URN:latchkey:role:admin"],
    keyPurpose: OID.clientAuth,
  },
  { title: "with a role in capitals", uris: ["urn:latchkey:role:Admin"], keyPurpose: OID.clientAuth },
  { title: "with a role that does not exist", uris: ["urn:latchkey:role:root"], keyPurpose: OID.clientAuth },
  { title: "with something behind the role", uris: ["urn:latchkey:role:admin#"], keyPurpose: OID.clientAuth },
  { title: "of an admin for servers", uris: ["urn:latchkey:role:admin"], keyPurpose: OID.serverAuth },
  { title: "of the server for clients", uris: ["urn:latchkey:role:server"], keyPurpose: OID.clientAuth },
];

for (const { title, ...claim } of CLAIMS) {
  test(`a certificate ${title} has no role`, async () => {
    const { authority } = await createOperators();
    assert.equal(readRole(await forge(authority, claim)), undefined);
  });
}

async function forge(authority: Authority, { uris, keyPurpose }: { uris: readonly string[]; keyPurpose: string }): Promise<Der> {
  const tbs = referenceTbsCertificate(authority, {
    serialNumber: newSerialNumber(),
    notBefore: NOW,
    notAfter: authority.notAfter,
    subject: [{ type: OID.commonName, value: "someone" }],
    publicKey: spkiOf(ecKey().publicKey),
    keyPurpose,
    names: { uris },
  });
  return sequence(tbs, authority.signer.signatureAlgorithm, bitString(await authority.signer.sign(tbs)));
}

test("a device has no role", async () => {
  const { authority } = await createDevices();
  assert.equal(readRole(await issueOne(authority, { profile: "device", name: "urn:latchkey:role:admin", at: NOW })), undefined);
});

test("octets that are no certificate have no role, and nothing is thrown", async () => {
  const { authority } = await createOperators();
  const good = await issueOne(authority, { profile: "operator", name: "someone", role: "admin", at: NOW });
  assert.equal(readRole(new Uint8Array() as Der), undefined);
  assert.equal(readRole(new Uint8Array(randomBytes(200)) as Der), undefined);
  fc.assert(
    fc.property(mutationsOf(good), (octets) => [undefined, ...OPERATOR_ROLES].includes(readRole(octets as Der))),
    { numRuns: 1000 },
  );
});
