import { createHash, type KeyObject } from "node:crypto";
import type { Authority } from "./authority.js";
import { readSequence } from "./der/reader.js";
import { contextConstructed, contextPrimitive, TAG } from "./der/tag.js";
import { formatGeneralizedTime } from "./der/time.js";
import { bitString, element, enumerated, explicit, objectIdentifier, octetString, sequence } from "./der/writer.js";
import { OID } from "./object-identifiers.js";
import type { CertId } from "./ocsp-request.js";
import { signAndVerify } from "./sign.js";
import type { Signer } from "./signer.js";
import { type Der, REVOCATION_REASONS, type Standing } from "./types.js";

/** OCSPResponseStatus (RFC 6960 §4.2.1): the answers that bear no signature, since anybody could have had them signed. */
export const OCSP_ERRORS = { malformedRequest: 1, internalError: 2, tryLater: 3, sigRequired: 5, unauthorized: 6 } as const;
export type OcspError = keyof typeof OCSP_ERRORS;

/** OCSPResponse ::= SEQUENCE { responseStatus }, unsigned (RFC 6960 §2.3). */
export function encodeOcspError(error: OcspError): Der {
  return sequence(enumerated(OCSP_ERRORS[error]));
}

/** Who signs the answers about an authority's certificates: a delegate with a key of its own (RFC 6960 §4.2.2.2). */
export interface OcspResponder {
  readonly certificate: Der;
  readonly signer: Signer;
  /** What its signatures are verified with. */
  readonly verificationKey: KeyObject;
}

/** What is said of one certificate. */
export interface SingleAnswer {
  readonly certId: CertId;
  /** undefined: never issued. */
  readonly standing: Standing | undefined;
}

export interface OcspAnswer {
  /** One at least. */
  readonly answers: readonly SingleAnswer[];
  readonly producedAt: Date;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** The whole extension of the request. */
  readonly nonce: Der | undefined;
}

/** Does the certID name this authority as the issuer, by a hash that is known here (SHA-1, SHA-2)? */
export function isIssuedBy(certId: CertId, authority: Pick<Authority, "subject" | "signer">): boolean {
  const hash = HASHES.get(certId.hashAlgorithm);
  if (hash === undefined) return false;
  const key = subjectPublicKey(authority.signer.publicKey);
  return (
    createHash(hash).update(authority.subject).digest().equals(certId.issuerNameHash) &&
    createHash(hash).update(key).digest().equals(certId.issuerKeyHash)
  );
}

const HASHES: ReadonlyMap<string, string> = new Map([
  [OID.sha1, "sha1"],
  [OID.sha256, "sha256"],
  [OID.sha384, "sha384"],
  [OID.sha512, "sha512"],
]);

/** Signs a successful OCSPResponse. Throws INTERNAL. */
export async function signOcspResponse(answer: OcspAnswer, { certificate, signer, verificationKey }: OcspResponder): Promise<Der> {
  const data = responseData(answer, signer.publicKey);
  const signature = await signAndVerify(data, signer, verificationKey, "the OCSP responder");
  const basic = sequence(data, signer.signatureAlgorithm, bitString(signature), explicit(0, sequence(certificate)));
  return sequence(enumerated(SUCCESSFUL), explicit(0, sequence(OCSP_BASIC, octetString(basic))));
}

const SUCCESSFUL = 0;
const OCSP_BASIC = objectIdentifier(OID.ocspBasic);

/**
 * ResponseData ::= SEQUENCE { responderID, producedAt, responses, responseExtensions [1] EXPLICIT OPTIONAL } (RFC 6960 §4.2.1). The
 * responder is named by the SHA-1 of its key, as RFC 5019 §2.2.1 wants of who is asked often.
 */
function responseData({ answers, producedAt, thisUpdate, nextUpdate, nonce }: OcspAnswer, publicKey: Der): Der {
  const byKey = explicit(2, octetString(createHash("sha1").update(subjectPublicKey(publicKey)).digest()));
  const responses = answers.map(({ certId, standing }) =>
    sequence(certId.whole, certStatus(standing), generalizedTime(thisUpdate), explicit(0, generalizedTime(nextUpdate))),
  );
  const extensions = nonce === undefined ? [] : [explicit(1, sequence(nonce))];
  return sequence(byKey, generalizedTime(producedAt), sequence(...responses), ...extensions);
}

/** CertStatus ::= CHOICE { good [0] IMPLICIT NULL, revoked [1] IMPLICIT RevokedInfo, unknown [2] IMPLICIT NULL } */
function certStatus(standing: Standing | undefined): Der {
  if (standing === undefined) return element(contextPrimitive(2));
  if (standing.status === "valid") return element(contextPrimitive(0));
  const reason = standing.status === "held" ? "certificateHold" : standing.reason;
  // RevokedInfo ::= SEQUENCE { revocationTime GeneralizedTime, revocationReason [0] EXPLICIT CRLReason OPTIONAL }
  const told = reason === "unspecified" ? [] : [explicit(0, enumerated(REVOCATION_REASONS[reason]))];
  return element(contextConstructed(1), generalizedTime(standing.revokedAt), ...told);
}

/** Always this form, not as in certificates. */
function generalizedTime(at: Date): Der {
  return element(TAG.GENERALIZED_TIME, Buffer.from(formatGeneralizedTime(at), "latin1"));
}

/** The BIT STRING's octets of a SubjectPublicKeyInfo: what key hashes are made of. */
function subjectPublicKey(spki: Der): Uint8Array {
  const info = readSequence(spki);
  info.inside(TAG.SEQUENCE);
  return info.octetsOfBitString();
}
