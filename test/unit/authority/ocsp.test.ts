import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, createPublicKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import * as asn1js from "asn1js";
import fc from "fast-check";
import * as pkijs from "pkijs";
import { createResponderCertificate } from "../../../services/ca/authority/authority-certificate.js";
import { DerError } from "../../../services/ca/authority/der/error.js";
import { encodePem } from "../../../services/ca/authority/der/pem.js";
import { readSequence } from "../../../services/ca/authority/der/reader.js";
import { OID } from "../../../services/ca/authority/object-identifiers.js";
import { MOST_CERT_IDS, readOcspRequest } from "../../../services/ca/authority/ocsp-request.js";
import {
  encodeOcspError,
  isIssuedBy,
  OCSP_ERRORS,
  type OcspError,
  type OcspResponder,
  signOcspResponse,
} from "../../../services/ca/authority/ocsp-response.js";
import { type Der, REVOCATION_REASONS, type SerialNumber, type Standing } from "../../../services/ca/authority/types.js";
import { createKey } from "../../../services/ca/keys/file.js";
import { listedReasons, serialNumbers, times } from "./arbitraries.js";
import { mutationsOf } from "./mutations.js";
import { createDevices, NOW, newSerialNumber, type TestAuthority } from "./world.js";

const HASHES = { [OID.sha1]: "sha1", [OID.sha256]: "sha256" } as const;
const NEXT = new Date(NOW.getTime() + 300_000);

const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");
const bufferOf = (octets: Uint8Array) => new Uint8Array(octets).buffer;

function keyOctets(spki: Der): Uint8Array {
  const info = readSequence(spki);
  info.inside();
  return info.octetsOfBitString();
}

function certId({ authority }: TestAuthority, serialNumber: SerialNumber, algorithm: keyof typeof HASHES = OID.sha1): pkijs.CertID {
  const hash = (octets: Uint8Array) =>
    new asn1js.OctetString({
      valueHex: bufferOf(
        createHash(HASHES[algorithm] ?? "")
          .update(octets)
          .digest(),
      ),
    });
  return new pkijs.CertID({
    hashAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: algorithm, algorithmParams: new asn1js.Null() }),
    issuerNameHash: hash(authority.subject),
    issuerKeyHash: hash(keyOctets(authority.signer.publicKey)),
    serialNumber: new asn1js.Integer({ valueHex: bufferOf(Buffer.from(serialNumber, "hex")) }),
  });
}

const extension = (extnID: string, critical: boolean, value: Uint8Array) =>
  new pkijs.Extension({ extnID, critical, extnValue: bufferOf(value) });
const nonceOf = (octets: Uint8Array) =>
  extension(OID.ocspNonce, false, new Uint8Array(new asn1js.OctetString({ valueHex: bufferOf(octets) }).toBER()));

function request(ids: readonly pkijs.CertID[], extensions: readonly pkijs.Extension[] = []): Uint8Array {
  const tbsRequest = new pkijs.TBSRequest({
    requestList: ids.map((reqCert) => new pkijs.Request({ reqCert })),
    ...(extensions.length === 0 ? {} : { requestExtensions: [...extensions] }),
  });
  return new Uint8Array(new pkijs.OCSPRequest({ tbsRequest }).toSchema(true).toBER());
}

/** For a century: pkijs and OpenSSL verify by this machine's clock. */
async function createResponder({ authority }: TestAuthority): Promise<OcspResponder> {
  const { signer, privateKey } = await createKey("P-256");
  const certificate = await createResponderCertificate(authority, signer.publicKey, newSerialNumber(), NOW, 36_500);
  return { certificate, signer, verificationKey: createPublicKey(privateKey.export({ format: "pem", type: "pkcs8" })) };
}

const standings: fc.Arbitrary<Standing | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant({ status: "valid" as const }),
  times.map((revokedAt) => ({ status: "held" as const, revokedAt })),
  fc.tuple(times, listedReasons).map(([revokedAt, reason]) => ({ status: "revoked" as const, revokedAt, reason })),
);

test("a request is read as pkijs encodes it: its certificates in order, by SHA-1 and SHA-256, and its nonce", async () => {
  const devices = await createDevices();
  const other = await createDevices();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(serialNumbers, fc.constantFrom(OID.sha1, OID.sha256)), { minLength: 1, maxLength: 5 }),
      fc.option(fc.uint8Array({ minLength: 1, maxLength: 128 })),
      (asked, nonce) => {
        const ids = asked.map(([serialNumber, algorithm]) => certId(devices, serialNumber, algorithm));
        const read = readOcspRequest(request(ids, nonce === null ? [] : [nonceOf(nonce)]));
        assert.deepEqual(
          read.certIds.map(({ serialNumber }) => serialNumber),
          asked.map(([serialNumber]) => serialNumber),
        );
        assert.deepEqual(
          read.certIds.map(({ whole }) => hex(whole)),
          ids.map((id) => hex(new Uint8Array(id.toSchema().toBER()))),
        );
        assert.ok(read.certIds.every((id) => isIssuedBy(id, devices.authority) && !isIssuedBy(id, other.authority)));
        assert.equal(read.nonce && hex(read.nonce), nonce === null ? undefined : hex(new Uint8Array(nonceOf(nonce).toSchema().toBER())));
      },
    ),
  );
});

test("who asks, and a signature, are passed over", async () => {
  const devices = await createDevices();
  const { tbsRequest } = pkijs.OCSPRequest.fromBER(bufferOf(request([certId(devices, newSerialNumber())])));
  tbsRequest.requestorName = new pkijs.GeneralName({ type: 1, value: "anna@example.com" });
  const optionalSignature = new pkijs.Signature({
    signatureAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: OID.ecdsaWithSha256 }),
    signature: new asn1js.BitString({ valueHex: new ArrayBuffer(8) }),
  });
  const signed = new Uint8Array(new pkijs.OCSPRequest({ tbsRequest, optionalSignature }).toSchema(true).toBER());
  assert.equal(readOcspRequest(signed).certIds.length, 1);
});

test("what is no request is refused", async () => {
  const devices = await createDevices();
  const id = certId(devices, newSerialNumber());
  const good = request([id], [nonceOf(Buffer.alloc(32, 1))]);
  const refused: Record<string, Uint8Array> = {
    "an empty body": new Uint8Array(),
    "no certificate": request([]),
    "octets that follow": Buffer.concat([good, Buffer.of(0)]),
    "a nonce of no octet": request([id], [nonceOf(new Uint8Array())]),
    "a nonce of 129 octets": request([id], [nonceOf(new Uint8Array(129))]),
    "an unknown critical extension": request([id], [extension("1.2.3.4", true, Buffer.of(5, 0))]),
    "the nonce twice": request([id], [nonceOf(Buffer.of(1)), nonceOf(Buffer.of(2))]),
    "too many certificates": request(Array.from({ length: MOST_CERT_IDS + 1 }, () => id)),
  };
  for (const [name, octets] of Object.entries(refused)) assert.throws(() => readOcspRequest(octets), DerError, name);
  assert.equal(readOcspRequest(request(Array.from({ length: MOST_CERT_IDS }, () => id))).certIds.length, MOST_CERT_IDS);
  assert.equal(readOcspRequest(request([id], [extension("1.2.3.4", false, Buffer.of(5, 0))])).nonce, undefined);
});

test("a request with octets changed, cut or put in is read or refused, and never fails otherwise", async () => {
  const devices = await createDevices();
  const ids = [certId(devices, newSerialNumber()), certId(devices, newSerialNumber(), OID.sha256)];
  fc.assert(
    fc.property(mutationsOf(request(ids, [nonceOf(Buffer.alloc(32, 1))])), (octets) => {
      try {
        readOcspRequest(octets);
      } catch (error) {
        assert.ok(error instanceof DerError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

test("what is signed is, octet for octet, what pkijs encodes for the same values, and verifies", async () => {
  const devices = await createDevices();
  const responder = await createResponder(devices);
  const keyHash = createHash("sha1").update(keyOctets(responder.signer.publicKey)).digest();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(serialNumbers, standings), { minLength: 1, maxLength: 4 }),
      times,
      fc.option(fc.uint8Array({ minLength: 1, maxLength: 128 })),
      async (asked, at, nonce) => {
        const ids = asked.map(([serialNumber]) => certId(devices, serialNumber));
        const extensions = nonce === null ? [] : [nonceOf(nonce)];
        const { certIds, nonce: repeated } = readOcspRequest(request(ids, extensions));
        const answers = certIds.map((id, index) => ({ certId: id, standing: asked[index]?.[1] }));
        const der = await signOcspResponse({ answers, producedAt: at, thisUpdate: at, nextUpdate: NEXT, nonce: repeated }, responder);
        const expected = new pkijs.ResponseData({
          responderID: new asn1js.OctetString({ valueHex: bufferOf(keyHash) }),
          producedAt: at,
          responses: ids.map((id, index) => {
            const single = new pkijs.SingleResponse({ certID: id, thisUpdate: at, nextUpdate: NEXT });
            single.certStatus = referenceStatus(asked[index]?.[1]);
            return single;
          }),
          ...(extensions.length === 0 ? {} : { responseExtensions: extensions }),
        });
        const basic = basicResponse(der);
        assert.equal(hex(new Uint8Array(basic.tbsResponseData.tbsView)), hex(new Uint8Array(expected.toSchema(true).toBER())));
        assert.ok(await basic.verify({ trustedCerts: [pkijs.Certificate.fromBER(bufferOf(devices.authority.certificate))] }));
      },
    ),
    { numRuns: 40 },
  );
});

function referenceStatus(standing: Standing | undefined): asn1js.BaseBlock {
  const choice = (tagNumber: number) => ({ tagClass: 3, tagNumber });
  if (standing === undefined) return new asn1js.Primitive({ idBlock: choice(2) });
  if (standing.status === "valid") return new asn1js.Primitive({ idBlock: choice(0) });
  const reason = standing.status === "held" ? "certificateHold" : standing.reason;
  const code = new asn1js.Constructed({ idBlock: choice(0), value: [new asn1js.Enumerated({ value: REVOCATION_REASONS[reason] })] });
  const value = [new asn1js.GeneralizedTime({ valueDate: standing.revokedAt }), ...(reason === "unspecified" ? [] : [code])];
  return new asn1js.Constructed({ idBlock: choice(1), value });
}

function basicResponse(der: Uint8Array): pkijs.BasicOCSPResponse {
  const { responseStatus, responseBytes } = pkijs.OCSPResponse.fromBER(bufferOf(der));
  assert.equal(responseStatus.valueBlock.valueDec, 0);
  assert.ok(responseBytes !== undefined);
  return pkijs.BasicOCSPResponse.fromBER(responseBytes.response.valueBlock.valueHexView.slice().buffer);
}

test("an error is a status, and nothing else", () => {
  for (const [name, code] of Object.entries(OCSP_ERRORS)) assert.equal(hex(encodeOcspError(name as OcspError)), `30030a010${code}`);
});

test("OpenSSL takes the responder's certificate and its answers: good, revoked with time and reason, held, unknown", async () => {
  const devices = await createDevices();
  const responder = await createResponder(devices);
  const folder = mkdtempSync(join(tmpdir(), "latchkey-ocsp-"));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  try {
    writeFileSync(file("ca.pem"), encodePem("CERTIFICATE", devices.authority.certificate));
    writeFileSync(file("responder.pem"), encodePem("CERTIFICATE", responder.certificate));
    assert.match(openssl("verify", "-CAfile", file("ca.pem"), "-purpose", "ocsphelper", file("responder.pem")), /OK/);
    const text = openssl("x509", "-in", file("responder.pem"), "-noout", "-text");
    for (const shown of [/OCSP Signing/, /OCSP No Check/, /Digital Signature/]) assert.match(text, shown);
    const revoked = /Cert Status: revoked\n\s+Revocation Time: Jan 15 12:00:00 2025 GMT\n\s+Revocation Reason: keyCompromise \(0x1\)/;
    const rows: [Standing | undefined, RegExp][] = [
      [{ status: "valid" }, /Cert Status: good\n/],
      [{ status: "revoked", revokedAt: NOW, reason: "keyCompromise" }, revoked],
      [{ status: "held", revokedAt: NOW }, /Revocation Reason: certificateHold/],
      [undefined, /Cert Status: unknown\n/],
    ];
    for (const hash of ["-sha1", "-sha256"])
      for (const [standing, shown] of rows) {
        openssl("ocsp", hash, "-issuer", file("ca.pem"), "-serial", `0x${newSerialNumber()}`, "-reqout", file("request"));
        const { certIds, nonce } = readOcspRequest(readFileSync(file("request")));
        const at = new Date();
        const answers = certIds.map((id) => ({ certId: id, standing }));
        const nextUpdate = new Date(at.getTime() + 300_000);
        writeFileSync(file("response"), await signOcspResponse({ answers, producedAt: at, thisUpdate: at, nextUpdate, nonce }, responder));
        const asked = ["-reqin", file("request"), "-respin", file("response"), "-issuer", file("ca.pem"), "-CAfile", file("ca.pem")];
        assert.match(openssl("ocsp", ...asked, "-resp_text"), shown);
      }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
