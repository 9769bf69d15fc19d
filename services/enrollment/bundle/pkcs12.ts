import type { Cryptography, HashName } from "./cryptography.js";
import { bmpString, explicit, implicitOctetString, integer, nullValue, objectIdentifier, octetString, sequence, set } from "./der.js";
import { type PasswordEncrypted, type PasswordEncryption, pbes2, tripleDes } from "./password-encryption.js";
import { derivePkcs12Key, KeyPurpose } from "./pkcs12-key-derivation.js";

export interface Identity {
  /** PKCS#8 PrivateKeyInfo, DER. */
  readonly privateKey: Uint8Array;
  /** DER: the device's certificate, then its CA. */
  readonly certificates: readonly Uint8Array[];
  /** What the phone's list of certificates shows. */
  readonly friendlyName: string;
}

/**
 * A set of algorithms that belong together. A phone that says "wrong password" mostly means "unknown algorithm",
 * and the two sets must not be mixed: AES for the key with SHA-1 elsewhere breaks Android.
 */
export interface Pkcs12Profile {
  readonly encrypt: PasswordEncryption;
  readonly mac: { readonly hash: HashName; readonly algorithm: string; readonly iterations: number };
}

/** Android 14, iOS 18, Windows 10 1809 and later; NSS, Java 8u301, OpenSSL. */
export const MODERN: Pkcs12Profile = {
  encrypt: pbes2(100_000),
  mac: { hash: "sha256", algorithm: "2.16.840.1.101.3.4.2.1", iterations: 100_000 },
};

/** Everything, old phones and the macOS keychain too. Few iterations, since old phones derive several keys a file. */
export const COMPATIBLE: Pkcs12Profile = {
  encrypt: tripleDes(20_000),
  mac: { hash: "sha1", algorithm: "1.3.14.3.2.26", iterations: 20_000 },
};

const OID = {
  data: "1.2.840.113549.1.7.1",
  encryptedData: "1.2.840.113549.1.7.6",
  pkcs8ShroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certBag: "1.2.840.113549.1.12.10.1.3",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  friendlyName: "1.2.840.113549.1.9.20",
  localKeyId: "1.2.840.113549.1.9.21",
} as const;

/** Packs an identity as a PFX (RFC 7292 §4). Returns DER. */
export async function packPkcs12(
  identity: Identity,
  passphrase: string,
  profile: Pkcs12Profile,
  cryptography: Cryptography,
): Promise<Uint8Array> {
  const attributes = keyAttributes(identity, cryptography);
  const encrypt = (content: Uint8Array) => profile.encrypt(content, passphrase, cryptography);
  // All keys are derived side by side: that takes nine tenths of the time.
  const [certificates, key, mac] = await Promise.all([
    encrypt(certificateBags(identity, attributes)),
    encrypt(identity.privateKey),
    deriveMacKey(passphrase, profile, cryptography),
  ]);
  const authenticatedSafe = sequence(encryptedData(certificates), data(sequence(shroudedKeyBag(key, attributes))));
  // PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData MacData OPTIONAL }
  return sequence(integer(3), data(authenticatedSafe), macData(authenticatedSafe, mac, profile, cryptography));
}

/** SafeContents ::= SEQUENCE OF SafeBag: the device's certificate, tied to its key, then its CA. */
function certificateBags({ certificates }: Identity, attributes: Uint8Array): Uint8Array {
  const bags = certificates.map((certificate, index) => {
    // CertBag ::= SEQUENCE { certId OBJECT IDENTIFIER, certValue [0] EXPLICIT OCTET STRING }
    const bag = sequence(objectIdentifier(OID.x509Certificate), explicit(0, octetString(certificate)));
    return safeBag(OID.certBag, bag, index === 0 ? attributes : undefined);
  });
  return sequence(...bags);
}

function shroudedKeyBag({ algorithm, ciphertext }: PasswordEncrypted, attributes: Uint8Array): Uint8Array {
  // EncryptedPrivateKeyInfo ::= SEQUENCE { encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }
  return safeBag(OID.pkcs8ShroudedKeyBag, sequence(algorithm, octetString(ciphertext)), attributes);
}

/** SafeBag ::= SEQUENCE { bagId OBJECT IDENTIFIER, bagValue [0] EXPLICIT ANY, bagAttributes SET OF PKCS12Attribute OPTIONAL } */
function safeBag(bagId: string, value: Uint8Array, attributes: Uint8Array | undefined): Uint8Array {
  return sequence(objectIdentifier(bagId), explicit(0, value), ...(attributes === undefined ? [] : [attributes]));
}

/** Readers match the key and its certificate by localKeyID: SHA-1 of the certificate, as OpenSSL does it. */
function keyAttributes({ certificates, friendlyName }: Identity, { digest }: Cryptography): Uint8Array {
  const [certificate] = certificates;
  if (certificate === undefined) throw new TypeError("a PKCS#12 needs the device's certificate");
  const localKeyId = digest("sha1", certificate);
  return set(
    sequence(objectIdentifier(OID.friendlyName), set(bmpString(friendlyName))),
    sequence(objectIdentifier(OID.localKeyId), set(octetString(localKeyId))),
  );
}

/** ContentInfo of type `data` (RFC 5652 §4). */
function data(content: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(OID.data), explicit(0, octetString(content)));
}

/** ContentInfo of type `encrypted-data` (RFC 5652 §8). */
function encryptedData({ algorithm, ciphertext }: PasswordEncrypted): Uint8Array {
  const encryptedContentInfo = sequence(objectIdentifier(OID.data), algorithm, implicitOctetString(0, ciphertext));
  return sequence(objectIdentifier(OID.encryptedData), explicit(0, sequence(integer(0), encryptedContentInfo)));
}

interface MacKey {
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
}

async function deriveMacKey(passphrase: string, { mac }: Pkcs12Profile, cryptography: Cryptography): Promise<MacKey> {
  const salt = cryptography.randomBytes(16);
  const octets = mac.hash === "sha1" ? 20 : 32;
  const { hash, iterations } = mac;
  return { salt, key: await derivePkcs12Key({ hash, passphrase, salt, iterations, purpose: KeyPurpose.mac, octets }, cryptography) };
}

/** MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 } */
function macData(authenticatedSafe: Uint8Array, { salt, key }: MacKey, { mac }: Pkcs12Profile, { hmac }: Cryptography): Uint8Array {
  const digest = hmac(mac.hash, key, authenticatedSafe);
  const digestInfo = sequence(sequence(objectIdentifier(mac.algorithm), nullValue()), octetString(digest));
  return sequence(digestInfo, octetString(salt), integer(mac.iterations));
}
