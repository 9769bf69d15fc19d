import { bitString, emptyImplicitSet, integer, objectIdentifier, sequence } from "./der.js";

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";

/**
 * PKCS#10 (RFC 2986 §4), DER, with an empty subject: the certificate profile decides the name. `sign` signs with ECDSA over SHA-256, and
 * answers an Ecdsa-Sig-Value (RFC 5480 appendix A).
 */
export async function certificationRequest(
  subjectPublicKeyInfo: Uint8Array,
  sign: (message: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  // CertificationRequestInfo ::= SEQUENCE { version INTEGER {v1(0)}, subject Name, subjectPKInfo SubjectPublicKeyInfo, attributes [0] }
  const requestInfo = sequence(integer(0), sequence(), subjectPublicKeyInfo, emptyImplicitSet(0));
  return sequence(requestInfo, sequence(objectIdentifier(ECDSA_WITH_SHA256)), bitString(await sign(requestInfo)));
}
