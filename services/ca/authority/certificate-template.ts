import * as pkijs from "pkijs";
import type { Authority } from "./authority.js";
import { parseTbs } from "./certificate.js";
import { OID } from "./object-identifiers.js";
import {
  authorityKeyIdentifierExtension,
  extendedKeyUsage,
  extension,
  keyUsage,
  pkijsTime,
  serialNumberInteger,
  subjectKeyIdentifierExtension,
  toBuffer,
  toOctets,
} from "./pkijs-encoding.js";
import { serialNumberFrom } from "./serial-number.js";
import type { Der } from "./types.js";

/** What all certificates of one authority and one purpose share, as pkijs encodes it. What varies goes between the parts. */
export interface CertificateTemplate {
  /** AlgorithmIdentifier of the signature. */
  readonly signatureAlgorithm: Der;
  /** The issuer's Name. */
  readonly issuer: Der;
  /** keyUsage, extendedKeyUsage, authorityKeyIdentifier, and where CRL and issuer are published. */
  readonly extensions: readonly Der[];
}

/** GeneralName's number. */
const URI = 6;

/** Builds a whole certificate with pkijs, with the holes filled by anything, and keeps what does not vary. */
export function createCertificateTemplate(
  authority: Authority,
  keyPurpose: string,
  publicationUrl: string | undefined,
): CertificateTemplate {
  const certificate = new pkijs.Certificate({
    version: 2,
    serialNumber: serialNumberInteger(serialNumberFrom(new Uint8Array(16))),
    signature: pkijs.AlgorithmIdentifier.fromBER(toBuffer(authority.signer.signatureAlgorithm)),
    issuer: pkijs.RelativeDistinguishedNames.fromBER(toBuffer(authority.subject)),
    notBefore: pkijsTime(authority.notBefore),
    notAfter: pkijsTime(authority.notAfter),
    subjectPublicKeyInfo: pkijs.PublicKeyInfo.fromBER(toBuffer(authority.signer.publicKey)),
    extensions: [
      keyUsage("digitalSignature"),
      extendedKeyUsage(keyPurpose),
      authorityKeyIdentifierExtension(authority.keyIdentifier),
      ...(publicationUrl === undefined ? [] : publication(authority, publicationUrl.replace(/\/$/, ""))),
      subjectKeyIdentifierExtension(authority.keyIdentifier),
    ],
  });
  const { signatureAlgorithm, issuer, extensions } = parseTbs(toOctets(certificate.encodeTBS()));
  const shared = [...extensions].filter(([type]) => type !== OID.subjectKeyIdentifier).map(([, { whole }]) => whole);
  return { signatureAlgorithm, issuer, extensions: shared };
}

/**
 * RFC 5280 §4.2.1.13 and §4.2.2.1. Of `servers` the intermediate is sent along, and the root that is published is not the issuer: no AIA. Where OCSP is
 * asked stands in devices' certificates alone: nginx reads those. A phone that met it in a server's would ask out of the house, and wait.
 */
function publication(authority: Authority, url: string): pkijs.Extension[] {
  const crl = uri(`${url}/crl/${authority.id}.crl`);
  const distributionPoints = [new pkijs.DistributionPoint({ distributionPoint: [crl] })];
  const points = extension(OID.crlDistributionPoints, false, new pkijs.CRLDistributionPoints({ distributionPoints }));
  if (authority.id === "servers") return [points];
  const issuer = new pkijs.AccessDescription({ accessMethod: OID.caIssuers, accessLocation: uri(`${url}/ca/${authority.id}.crt`) });
  const responder = new pkijs.AccessDescription({ accessMethod: OID.ocsp, accessLocation: uri(`${url}/ocsp`) });
  const accessDescriptions = authority.id === "devices" ? [responder, issuer] : [issuer];
  return [points, extension(OID.authorityInformationAccess, false, new pkijs.InfoAccess({ accessDescriptions }))];
}

function uri(value: string): pkijs.GeneralName {
  return new pkijs.GeneralName({ type: URI, value });
}
