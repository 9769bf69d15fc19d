import { createHash, createPrivateKey, type KeyObject, webcrypto, X509Certificate } from "node:crypto";
import type { ProfileSigner } from "../../clients/connect/profile-signer.js";

const OID = { contentType: "1.2.840.113549.1.9.3", messageDigest: "1.2.840.113549.1.9.4", signingTime: "1.2.840.113549.1.9.5" };

/**
 * Signs an Apple configuration profile (CMS SignedData around it, RFC 5652, with SHA-256). The signer's chain goes along: a phone that
 * trusts its root calls the profile verified.
 */
export async function signProfile(profile: Uint8Array, { certificate, key }: ProfileSigner, at: Date): Promise<Uint8Array> {
  // Loaded when needed: most services never sign one.
  const [asn1js, pkijs] = await Promise.all([import("asn1js"), import("pkijs")]);
  const engine = new pkijs.CryptoEngine({
    name: "node",
    crypto: webcrypto as unknown as ConstructorParameters<typeof pkijs.CryptoEngine>[0]["crypto"],
  });
  const chain = certificate.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const certificates = chain.map((pem) => pkijs.Certificate.fromBER(new X509Certificate(pem).raw));
  const [signer] = certificates;
  if (signer === undefined) throw new Error("a certificate without a certificate");
  const attribute = (type: string, value: object) => new pkijs.Attribute({ type, values: [value] });
  const signed = new pkijs.SignedData({
    version: 1,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({
      eContentType: pkijs.ContentInfo.DATA,
      eContent: new asn1js.OctetString({ valueHex: Uint8Array.from(profile).buffer }),
    }),
    certificates,
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({ issuer: signer.issuer, serialNumber: signer.serialNumber }),
        signedAttrs: new pkijs.SignedAndUnsignedAttributes({
          type: 0,
          attributes: [
            attribute(OID.contentType, new asn1js.ObjectIdentifier({ value: pkijs.ContentInfo.DATA })),
            attribute(OID.signingTime, new asn1js.UTCTime({ valueDate: at })),
            attribute(OID.messageDigest, new asn1js.OctetString({ valueHex: sha256(profile) })),
          ],
        }),
      }),
    ],
  });
  await signed.sign(await importKey(createPrivateKey(key)), 0, "SHA-256", undefined, engine);
  const content = new pkijs.ContentInfo({ contentType: pkijs.ContentInfo.SIGNED_DATA, content: signed.toSchema(true) });
  return new Uint8Array(content.toSchema().toBER());
}

function sha256(octets: Uint8Array): ArrayBuffer {
  return Uint8Array.from(createHash("sha256").update(octets).digest()).buffer;
}

async function importKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const curve = key.asymmetricKeyDetails?.namedCurve === "secp384r1" ? "P-384" : "P-256";
  const algorithm = key.asymmetricKeyType === "rsa" ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } : { name: "ECDSA", namedCurve: curve };
  return await webcrypto.subtle.importKey("pkcs8", key.export({ format: "der", type: "pkcs8" }), algorithm, false, ["sign"]);
}
