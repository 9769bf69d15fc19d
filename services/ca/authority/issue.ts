import type { Authority } from "./authority.js";
import { type CertificateTemplate, createCertificateTemplate } from "./certificate-template.js";
import { booleanTrue, explicit, integer, objectIdentifier, octetString, sequence, time, unsignedInteger } from "./der/writer.js";
import { MAX_COMMON_NAME_CHARACTERS } from "./device-name.js";
import { encodeName, type NameParts } from "./distinguished-name.js";
import { LatchkeyError } from "./error.js";
import { encodeGeneralNames } from "./general-names.js";
import { keyIdentifierOf } from "./key-identifier.js";
import { OID } from "./object-identifiers.js";
import { AUTHORITY_OF_PROFILE, type CheckedRequest } from "./profile.js";
import { roleUri } from "./role.js";
import { serialNumberOctets } from "./serial-number.js";
import { signAndAssemble } from "./sign.js";
import type { Der, SerialNumber } from "./types.js";

/** Everything that goes into one certificate. */
export interface Issuance {
  readonly request: CheckedRequest;
  readonly serialNumber: SerialNumber;
  /** A UUID: of a device in its subject (UID) and its SAN (`urn:uuid:`). */
  readonly deviceId: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A certificate to be signed, once: what `issue` takes, and nobody but an Issuer makes. */
export interface Prepared {
  readonly authority: Authority["id"];
  readonly tbs: Der;
}

export interface Issuer {
  /** Encodes what is to be signed. Throws INTERNAL when the issuance outlives the authority. */
  prepare(issuance: Issuance): Prepared;
}

/** Prepared and not yet issued, and by which certificate's authority: so that nothing else is signed, by no other, and nothing twice. */
const awaiting = new WeakMap<Prepared, Der>();

/** Makes an issuer: the templates of its profile are built once. `publicationUrl` puts CRLDP and AIA into what it issues. */
export function createIssuer(authority: Authority, publicationUrl?: string): Issuer {
  const clients = createCertificateTemplate(authority, OID.clientAuth, publicationUrl);
  const servers = createCertificateTemplate(authority, OID.serverAuth, publicationUrl);
  return {
    prepare(issuance) {
      checkBounds(issuance, authority);
      const { request } = issuance;
      // What `servers` issues bears the one purpose that its own certificate is for, a profile signer's, too.
      const isServer = authority.id === "servers" || request.role === "server";
      const prepared = { authority: authority.id, tbs: encodeTbs(issuance, isServer ? servers : clients) };
      awaiting.set(prepared, authority.certificate);
      return prepared;
    },
  };
}

/** Signs what was prepared; each only once. Throws INTERNAL. */
export async function issue(prepared: Prepared, authority: Authority): Promise<Der> {
  const preparedFor = awaiting.get(prepared);
  if (preparedFor === undefined || !Buffer.from(preparedFor).equals(authority.certificate)) {
    throw new LatchkeyError(
      "INTERNAL",
      "A certificate was to be signed that was not prepared for this authority, or was signed before. Nothing was signed.",
    );
  }
  awaiting.delete(prepared);
  return signAndAssemble(prepared.tbs, authority);
}

function checkBounds({ request, notBefore, notAfter }: Issuance, authority: Authority): void {
  const isOwn = AUTHORITY_OF_PROFILE[request.profile] === authority.id;
  const isWithin = notBefore >= authority.notBefore && notBefore < notAfter && notAfter <= authority.notAfter;
  if (!isOwn || !isWithin)
    throw new LatchkeyError(
      "INTERNAL",
      `A certificate was to be signed that \`${authority.id}\` may not sign, or that outlives it. Nothing was signed.`,
    );
}

const VERSION_3 = explicit(0, integer(2));

/** TBSCertificate (RFC 5280 §4.1): the template's parts, and between them what varies. */
function encodeTbs({ request, serialNumber, deviceId, notBefore, notAfter }: Issuance, template: CertificateTemplate): Der {
  const subject = subjectOf(request, deviceId);
  return sequence(
    VERSION_3,
    unsignedInteger(serialNumberOctets(serialNumber)),
    template.signatureAlgorithm,
    template.issuer,
    sequence(time(notBefore), time(notAfter)),
    encodeName(subject),
    request.publicKey,
    explicit(
      3,
      sequence(
        ...template.extensions,
        encodeExtension(SUBJECT_KEY_IDENTIFIER, false, octetString(keyIdentifierOf(request.publicKey))),
        ...subjectAlternativeName(
          namesOf(request, deviceId),
          Object.values(subject).every((value) => value === undefined),
        ),
      ),
    ),
  );
}

/**
 * A server's subject is its first DNS name where X.520's 64 characters hold it, else empty. A profile signer's has no common name: without a
 * SAN some verifiers take one for a host's name (docs/decisions/profile-signing.md).
 */
function subjectOf({ profile, holder, certified }: CheckedRequest, deviceId: string): NameParts {
  switch (profile) {
    case "device":
      return { commonName: holder, userId: deviceId };
    case "operator":
      return { commonName: holder };
    case "server":
      return { commonName: certified.dns.slice(0, 1).find((name) => name.length <= MAX_COMMON_NAME_CHARACTERS) };
    case "profile-signer":
      return { organizationName: holder };
    case "canary":
      return { commonName: holder };
    default:
      return profile satisfies never;
  }
}

interface Names {
  readonly uris: readonly string[];
  readonly dns: readonly string[];
  readonly addresses: readonly string[];
}

function namesOf({ profile, role, certified }: CheckedRequest, deviceId: string): Names {
  if (profile === "device") return { uris: [`urn:uuid:${deviceId}`], ...certified };
  return { uris: role === undefined ? [] : [roleUri(role)], ...certified };
}

const SUBJECT_KEY_IDENTIFIER = objectIdentifier(OID.subjectKeyIdentifier);
const SUBJECT_ALTERNATIVE_NAME = objectIdentifier(OID.subjectAlternativeName);

/** None where there is no name: GeneralNames ::= SEQUENCE SIZE (1..MAX). Critical when the subject says nothing (RFC 5280 §4.2.1.6). */
function subjectAlternativeName(names: Names, isCritical: boolean): Der[] {
  if (Object.values(names).every((list) => list.length === 0)) return [];
  return [encodeExtension(SUBJECT_ALTERNATIVE_NAME, isCritical, encodeGeneralNames(names))];
}

/** Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
function encodeExtension(type: Der, critical: boolean, value: Der): Der {
  return critical ? sequence(type, booleanTrue(), octetString(value)) : sequence(type, octetString(value));
}
