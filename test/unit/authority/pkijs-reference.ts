import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { addressOctets } from "../../../services/ca/authority/address.js";
import type { Authority } from "../../../services/ca/authority/authority.js";
import type { CrlEntry } from "../../../services/ca/authority/crl-entry.js";
import { bitString, sequence } from "../../../services/ca/authority/der/writer.js";
import { keyIdentifierOf } from "../../../services/ca/authority/key-identifier.js";
import { OID } from "../../../services/ca/authority/object-identifiers.js";
import {
  authorityKeyIdentifierExtension,
  extendedKeyUsage,
  extension,
  keyUsage,
  pkijsName,
  pkijsTime,
  serialNumberInteger,
  subjectKeyIdentifierExtension,
  toBuffer,
  toOctets,
} from "../../../services/ca/authority/pkijs-encoding.js";
import { type Der, REVOCATION_REASONS, type SerialNumber } from "../../../services/ca/authority/types.js";

/** What pkijs itself encodes for the values that the hot path splices: the other side of the property tests. */

export interface ReferenceCertificate {
  readonly serialNumber: SerialNumber;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly subject: readonly { type: string; value: string }[];
  readonly publicKey: Der;
  readonly keyPurpose: string;
  /** Of the subjectAltName; without any, there is none. */
  readonly names: { uris?: readonly string[]; emails?: readonly string[]; dns?: readonly string[]; addresses?: readonly string[] };
  readonly publicationUrl?: string;
}

/** The TBSCertificate. */
export function referenceTbsCertificate(authority: Authority, values: ReferenceCertificate): Der {
  const certificate = new pkijs.Certificate({
    version: 2,
    serialNumber: serialNumberInteger(values.serialNumber),
    signature: pkijs.AlgorithmIdentifier.fromBER(toBuffer(authority.signer.signatureAlgorithm)),
    issuer: pkijs.RelativeDistinguishedNames.fromBER(toBuffer(authority.subject)),
    notBefore: pkijsTime(values.notBefore),
    notAfter: pkijsTime(values.notAfter),
    subject: pkijsName(values.subject),
    subjectPublicKeyInfo: pkijs.PublicKeyInfo.fromBER(toBuffer(values.publicKey)),
    extensions: [
      keyUsage("digitalSignature"),
      extendedKeyUsage(values.keyPurpose),
      authorityKeyIdentifierExtension(authority.keyIdentifier),
      ...(values.publicationUrl === undefined ? [] : publication(authority, values.publicationUrl)),
      subjectKeyIdentifierExtension(keyIdentifierOf(values.publicKey)),
      ...subjectAlternativeName(values),
    ],
  });
  return toOctets(certificate.encodeTBS());
}

function subjectAlternativeName({ subject, names }: ReferenceCertificate): pkijs.Extension[] {
  const list = generalNames(names);
  return list.length === 0 ? [] : [extension(OID.subjectAlternativeName, subject.length === 0, new pkijs.GeneralNames({ names: list }))];
}

function generalNames({ uris = [], emails = [], dns = [], addresses = [] }: ReferenceCertificate["names"]): pkijs.GeneralName[] {
  return [
    ...uris.map((value) => new pkijs.GeneralName({ type: 6, value })),
    ...emails.map((value) => new pkijs.GeneralName({ type: 1, value })),
    ...dns.map((value) => new pkijs.GeneralName({ type: 2, value })),
    ...addresses.map(
      (address) => new pkijs.GeneralName({ type: 7, value: new asn1js.OctetString({ valueHex: toBuffer(addressOctets(address)) }) }),
    ),
  ];
}

function publication(authority: Authority, url: string): pkijs.Extension[] {
  const uri = (value: string) => new pkijs.GeneralName({ type: 6, value });
  const point = new pkijs.DistributionPoint({ distributionPoint: [uri(`${url}/crl/${authority.id}.crl`)] });
  const crl = extension(OID.crlDistributionPoints, false, new pkijs.CRLDistributionPoints({ distributionPoints: [point] }));
  if (authority.id === "servers") return [crl];
  const issuer = new pkijs.AccessDescription({ accessMethod: OID.caIssuers, accessLocation: uri(`${url}/ca/${authority.id}.crt`) });
  const responder = new pkijs.AccessDescription({ accessMethod: OID.ocsp, accessLocation: uri(`${url}/ocsp`) });
  const accessDescriptions = authority.id === "devices" ? [responder, issuer] : [issuer];
  return [crl, extension(OID.authorityInformationAccess, false, new pkijs.InfoAccess({ accessDescriptions }))];
}

/** The whole CRL, with the signature of the one that it is held against. */
export function referenceCrl(
  authority: Authority,
  entries: readonly CrlEntry[],
  number: bigint,
  thisUpdate: Date,
  nextUpdate: Date,
  signature: Uint8Array,
): Der {
  const algorithm = pkijs.AlgorithmIdentifier.fromBER(toBuffer(authority.signer.signatureAlgorithm));
  const list = new pkijs.CertificateRevocationList({
    version: 1,
    signature: algorithm,
    signatureAlgorithm: algorithm,
    issuer: pkijs.RelativeDistinguishedNames.fromBER(toBuffer(authority.subject)),
    thisUpdate: pkijsTime(thisUpdate),
    nextUpdate: pkijsTime(nextUpdate),
    crlExtensions: new pkijs.Extensions({
      extensions: [
        authorityKeyIdentifierExtension(authority.keyIdentifier),
        extension(OID.crlNumber, false, asn1js.Integer.fromBigInt(number)),
      ],
    }),
    ...(entries.length > 0 && { revokedCertificates: entries.map(referenceEntry) }),
  });
  const encoded = asn1js.fromBER(toBuffer(toOctets(list.toSchema(true)))).result as asn1js.Sequence;
  const [tbs] = encoded.valueBlock.value;
  if (tbs === undefined) throw new Error("pkijs encoded an empty CRL");
  return sequence(toOctets(tbs), authority.signer.signatureAlgorithm, bitString(signature));
}

function referenceEntry({ serialNumber, revokedAt, reason }: CrlEntry): pkijs.RevokedCertificate {
  const reasonCode = extension(OID.reasonCode, false, new asn1js.Enumerated({ value: REVOCATION_REASONS[reason] }));
  return new pkijs.RevokedCertificate({
    userCertificate: serialNumberInteger(serialNumber),
    revocationDate: pkijsTime(revokedAt),
    ...(reason !== "unspecified" && { crlEntryExtensions: new pkijs.Extensions({ extensions: [reasonCode] }) }),
  });
}
