import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import test from "node:test";
import fc from "fast-check";
import type { Authority } from "../../../services/ca/authority/authority.js";
import { readCertificate } from "../../../services/ca/authority/certificate.js";
import { CrlEntries, createCrlSigner, readCrl } from "../../../services/ca/authority/crl.js";
import { type Csr, readCsr } from "../../../services/ca/authority/csr.js";
import { createIssuer } from "../../../services/ca/authority/issue.js";
import { OID } from "../../../services/ca/authority/object-identifiers.js";
import { checkRequest, type Wish } from "../../../services/ca/authority/profile.js";
import { OPERATOR_ROLES } from "../../../services/ca/authority/types.js";
import { createKey } from "../../../services/ca/keys/file.js";
import {
  deviceNames,
  foreignSerialNumbers,
  listedReasons,
  localAddresses,
  permittedDnsNames,
  serialNumbers,
  times,
} from "./arbitraries.js";
import { type ReferenceCertificate, referenceCrl, referenceTbsCertificate } from "./pkijs-reference.js";
import { certificateRecord, createDevices, createOperators, createServers, ecKey, makeCsr, NOW } from "./world.js";

const RUNS = { numRuns: 60, includeErrorInReport: true };
const URL = "http://ca.example.com:8480";
const A_CENTURY = 36_500;

/** Holds a prepared certificate against pkijs' encoding of the same values. */
function assertSameAsPkijs(authority: Authority, wish: Wish, expected: ReferenceCertificate, deviceId: string): void {
  const issuer = createIssuer(authority, expected.publicationUrl);
  const { tbs } = issuer.prepare({ request: checkRequest(wish, authority), deviceId, ...expected });
  assert.equal(Buffer.from(tbs).toString("hex"), Buffer.from(referenceTbsCertificate(authority, expected)).toString("hex"));
}

async function csrsOfAllKeyTypes(): Promise<Csr[]> {
  const rsa = await createKey("RSA-2048");
  const { createPublicKey } = await import("node:crypto");
  const keys = [
    ecKey("P-256"),
    ecKey("P-384"),
    { privateKey: rsa.privateKey, publicKey: createPublicKey(rsa.privateKey.export({ format: "pem", type: "pkcs8" })) },
  ];
  return Promise.all(keys.map((pair) => readCsr(makeCsr({ keys: pair }))));
}

const period = fc
  .tuple(times, times)
  .map(([a, b]) => (a < b ? { notBefore: a, notAfter: b } : { notBefore: b, notAfter: new Date(a.getTime() + 1000) }));
const urls = fc.constantFrom(undefined, URL);
const withUrl = (publicationUrl: string | undefined) => (publicationUrl === undefined ? {} : { publicationUrl });

test("device certificates are byte for byte what pkijs encodes, for every key type of CA and device", async () => {
  const csrs = await csrsOfAllKeyTypes();
  for (const type of ["P-256", "P-384", "RSA-2048"] as const) {
    const { authority } = await createDevices(type, A_CENTURY, new Date("2020-01-01T00:00:00Z"));
    fc.assert(
      fc.property(serialNumbers, deviceNames, period, urls, fc.constantFrom(...csrs), (serialNumber, deviceName, validity, url, csr) => {
        const deviceId = randomUUID();
        const expected = {
          serialNumber,
          ...validity,
          ...withUrl(url),
          subject: [
            { type: OID.commonName, value: deviceName },
            { type: OID.userId, value: deviceId },
          ],
          publicKey: csr.publicKey,
          keyPurpose: OID.clientAuth,
          names: { uris: [`urn:uuid:${deviceId}`] },
        };
        assertSameAsPkijs(authority, { profile: "device", csr, deviceName, serverNames: [] }, expected, deviceId);
      }),
      RUNS,
    );
  }
});

test("server certificates are byte for byte what pkijs encodes", async () => {
  const { authority } = await createServers();
  const csr = await readCsr(makeCsr());
  const names = fc.tuple(fc.uniqueArray(permittedDnsNames, { maxLength: 5 }), fc.uniqueArray(localAddresses, { maxLength: 4 }));
  fc.assert(
    fc.property(serialNumbers, names, urls, (serialNumber, [dns, addresses], url) => {
      fc.pre(dns.length + addresses.length > 0);
      const [first] = dns;
      const subject = first !== undefined && first.length <= 64 ? [{ type: OID.commonName, value: first }] : [];
      const expected = {
        serialNumber,
        notBefore: NOW,
        notAfter: new Date("2027-04-02T12:00:00Z"),
        ...withUrl(url),
        subject,
        publicKey: csr.publicKey,
        keyPurpose: OID.serverAuth,
        names: { dns, addresses },
      };
      assertSameAsPkijs(authority, { profile: "server", csr, deviceName: undefined, serverNames: [...dns, ...addresses] }, expected, "");
    }),
    RUNS,
  );
});

test("profile signers' certificates are byte for byte what pkijs encodes, for every key type", async () => {
  const { authority } = await createServers();
  const csrs = await csrsOfAllKeyTypes();
  const validity = { notBefore: NOW, notAfter: new Date("2027-04-02T12:00:00Z") };
  fc.assert(
    fc.property(serialNumbers, urls, fc.constantFrom(...csrs), (serialNumber, url, csr) => {
      const expected = {
        serialNumber,
        ...validity,
        ...withUrl(url),
        subject: [{ type: OID.organizationName, value: "Latchkey profile signing" }],
        publicKey: csr.publicKey,
        keyPurpose: OID.serverAuth,
        names: {},
      };
      assertSameAsPkijs(authority, { profile: "profile-signer", csr, deviceName: undefined, serverNames: [] }, expected, "");
    }),
    RUNS,
  );
});

test("operator certificates are byte for byte what pkijs encodes, for every role", async () => {
  const { authority } = await createOperators();
  const csr = await readCsr(makeCsr());
  fc.assert(
    fc.property(serialNumbers, deviceNames, fc.constantFrom(...OPERATOR_ROLES), (serialNumber, deviceName, operatorRole) => {
      const isServer = operatorRole === "server";
      const expected = {
        serialNumber,
        notBefore: NOW,
        notAfter: new Date("2027-04-02T12:00:00Z"),
        subject: [{ type: OID.commonName, value: deviceName }],
        publicKey: csr.publicKey,
        keyPurpose: isServer ? OID.serverAuth : OID.clientAuth,
        names: { uris: [`urn:latchkey:role:${operatorRole}`], ...(isServer && { dns: ["localhost"], addresses: ["127.0.0.1", "::1"] }) },
      };
      const wish = {
        profile: "operator",
        csr,
        deviceName,
        operatorRole,
        serverNames: isServer ? ["localhost", "127.0.0.1", "::1"] : [],
      } as const;
      assertSameAsPkijs(authority, wish, expected, "");
    }),
    RUNS,
  );
});

test("CRLs are byte for byte what pkijs encodes, with our serial numbers and with those of an adopted CA", async () => {
  const { authority } = await createDevices();
  const signer = createCrlSigner(authority);
  const entry = fc.record({ serialNumber: fc.oneof(serialNumbers, foreignSerialNumbers), revokedAt: times, reason: listedReasons });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(entry, { maxLength: 30, selector: ({ serialNumber }) => serialNumber }),
      fc.bigInt({ min: 0n, max: 2n ** 159n - 1n }),
      times,
      times,
      async (listed, number, thisUpdate, nextUpdate) => {
        const entries = new CrlEntries();
        for (const { serialNumber, revokedAt, reason } of listed) {
          const standing = reason === "certificateHold" ? { status: "held" as const } : { status: "revoked" as const, reason };
          entries.add(certificateRecord({ serialNumber, revokedAt, ...standing }));
        }
        const { der: crl, sha256 } = await signer.sign(entries, number, thisUpdate, nextUpdate);
        assert.equal(sha256, createHash("sha256").update(crl).digest("hex"));
        const expected = referenceCrl(authority, listed, number, thisUpdate, nextUpdate, readCrl(crl).signature);
        assert.equal(Buffer.from(crl).toString("hex"), Buffer.from(expected).toString("hex"));
      },
    ),
    RUNS,
  );
});

test("an authority's own certificate reads back as it was made", async () => {
  const { authority } = await createServers();
  const { subject, issuer, publicKey } = readCertificate(authority.certificate);
  assert.notDeepEqual(subject, issuer);
  assert.deepEqual(publicKey, authority.signer.publicKey);
});
