import { generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import { bitString, emptyImplicitSet, integer, objectIdentifier, sequence } from "./der.js";

const generate = promisify(generateKeyPair);
const signAsync = promisify(sign);

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";

export interface DeviceKey {
  readonly privateKey: KeyObject;
  /** PKCS#10 (RFC 2986), DER, with an empty subject: the certificate profile decides the name. */
  readonly csr: Uint8Array;
}

/** Makes a P-256 key and the request that proves its possession. Both run in libuv's thread pool. */
export async function createDeviceKey(): Promise<DeviceKey> {
  const { privateKey, publicKey } = await generate("ec", { namedCurve: "P-256" });
  const subjectPublicKeyInfo = publicKey.export({ format: "der", type: "spki" });
  // CertificationRequestInfo ::= SEQUENCE { version INTEGER {v1(0)}, subject Name, subjectPKInfo SubjectPublicKeyInfo, attributes [0] }
  const requestInfo = sequence(integer(0), sequence(), subjectPublicKeyInfo, emptyImplicitSet(0));
  const signature = await signAsync("sha256", requestInfo, privateKey);
  const csr = sequence(requestInfo, sequence(objectIdentifier(ECDSA_WITH_SHA256)), bitString(signature));
  return { privateKey, csr };
}
