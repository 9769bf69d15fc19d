import { extendedKeyUsages, parseCertificate } from "./certificate.js";
import { DerError } from "./der/error.js";
import { DerReader } from "./der/reader.js";
import { readGeneralNames } from "./general-names.js";
import { OID } from "./object-identifiers.js";
import { type Der, OPERATOR_ROLES, type OperatorRole } from "./types.js";

const ROLE_PREFIX = "urn:latchkey:role:";

/** The SAN URI that says an operator's role. */
export function roleUri(role: OperatorRole): string {
  return ROLE_PREFIX + role;
}

/**
 * An operator's role, from its certificate's DER: exactly one role URI, matched exactly, and the extended key usage
 * that goes with it (`server`: serverAuth alone; the others: clientAuth alone). Undefined if anything is amiss.
 * It says nothing of the certificate's signature or standing.
 */
export function readRole(certificate: Der): OperatorRole | undefined {
  try {
    const { extensions } = parseCertificate(certificate);
    const names = extensions.get(OID.subjectAlternativeName);
    if (names === undefined) return undefined;
    const from = new DerReader(names.value);
    const { uris } = readGeneralNames(from);
    from.end();
    return roleOf(uris, extendedKeyUsages(extensions));
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function roleOf(uris: readonly string[], usages: ReadonlySet<string>): OperatorRole | undefined {
  // However it is spelled, a second one makes the certificate ambiguous.
  const claims = uris.filter((uri) => uri.toLowerCase().startsWith(ROLE_PREFIX));
  const role = claims.length === 1 ? OPERATOR_ROLES.find((known) => claims[0] === roleUri(known)) : undefined;
  if (role === undefined) return undefined;
  const usage = role === "server" ? OID.serverAuth : OID.clientAuth;
  return usages.size === 1 && usages.has(usage) ? role : undefined;
}
