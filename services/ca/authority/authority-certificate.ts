import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import type { Authority } from "./authority.js";
import { readCertificate, subjectKeyIdentifier } from "./certificate.js";
import { bitString, sequence } from "./der/writer.js";
import { LatchkeyError } from "./error.js";
import { keyIdentifierOf } from "./key-identifier.js";
import { type PermittedNames, permittedNetworks } from "./name-constraints.js";
import { OID } from "./object-identifiers.js";
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
} from "./pkijs-encoding.js";
import { signAndAssemble } from "./sign.js";
import type { Signer } from "./signer.js";
import type { Der, SerialNumber } from "./types.js";
import { backdated, earlier, lastSecond, later } from "./validity.js";

/** How many authorities may stand below (RFC 5280 §4.2.1.9). */
const ISSUES_TO_LEAVES_ONLY = 0;
const ISSUES_TO_ONE_TIER = 1;
/** Of the key identifier, in the name: so that a root installed anew never collides with the one before. */
const NAME_HEX_DIGITS = 8;
/** RFC 2606: nothing real lies there. */
const NOWHERE = "invalid";

/** GeneralName's numbers. */
const RFC822_NAME = 1;
const DNS_NAME = 2;
const URI = 6;
const IP_ADDRESS = 7;

/** What a tier is for (RFC 5280 §4.2.1.12): a phone that installs the wrong one as a root has trusted nothing more. */
const KEY_PURPOSES = {
  devices: [OID.clientAuth],
  operators: [OID.clientAuth, OID.serverAuth],
  servers: [OID.serverAuth],
} as const;

/** The self-signed certificate of an authority of one tier. `days` count from five minutes before `at`. */
export function createSingleTierCertificate(
  id: "devices" | "operators",
  signer: Signer,
  serialNumber: SerialNumber,
  at: Date,
  days: number,
): Promise<Der> {
  const name = `Latchkey ${id} ${shortKeyId(signer.publicKey)}`;
  const extensions = [
    authorityConstraints(ISSUES_TO_LEAVES_ONLY),
    keyUsage("keyCertSignAndCrlSign"),
    extendedKeyUsage(...KEY_PURPOSES[id]),
  ];
  return selfSign({ name, signer, serialNumber, ...period(at, days), extensions });
}

/** The root of `servers`, which phones install. */
export function createRootCertificate(signer: Signer, serialNumber: SerialNumber, at: Date, days: number): Promise<Der> {
  const name = `Latchkey servers root ${shortKeyId(signer.publicKey)}`;
  const extensions = [
    authorityConstraints(ISSUES_TO_ONE_TIER),
    keyUsage("keyCertSignAndCrlSign"),
    extendedKeyUsage(...KEY_PURPOSES.servers),
  ];
  return selfSign({ name, signer, serialNumber, ...period(at, days), extensions });
}

/**
 * The online intermediate of `servers`, bound to the permitted names. It does not outlive its root.
 * Throws AUTHORITY_EXPIRED when the root's time is over.
 */
export async function createIntermediateCertificate(
  root: { readonly certificate: Der; readonly signer: Signer },
  publicKey: Der,
  permitted: PermittedNames,
  serialNumber: SerialNumber,
  at: Date,
  days: number,
): Promise<Der> {
  const issuer = readCertificate(root.certificate);
  const { notBefore, notAfter } = period(at, days);
  if (issuer.notAfter <= at)
    throw new LatchkeyError(
      "AUTHORITY_EXPIRED",
      "The root of `servers` has expired: it can sign no intermediate any more. Make a new authority.",
    );
  const certificate = blank({
    name: `Latchkey servers intermediate ${shortKeyId(publicKey)}`,
    publicKey,
    serialNumber,
    notBefore: later(notBefore, issuer.notBefore),
    notAfter: earlier(notAfter, issuer.notAfter),
  });
  certificate.issuer = pkijs.RelativeDistinguishedNames.fromBER(toBuffer(issuer.subject));
  certificate.extensions = [
    authorityConstraints(ISSUES_TO_LEAVES_ONLY),
    keyUsage("keyCertSignAndCrlSign"),
    extendedKeyUsage(...KEY_PURPOSES.servers),
    nameConstraints(permitted),
    subjectKeyIdentifierExtension(keyIdentifierOf(publicKey)),
    authorityKeyIdentifierExtension(subjectKeyIdentifier(issuer.extensions) ?? keyIdentifierOf(issuer.publicKey)),
  ];
  return sign(certificate, root.signer);
}

/**
 * The certificate of who signs an authority's OCSP answers (RFC 6960 §4.2.2.2), with `id-pkix-ocsp-nocheck`: nobody asks whether it was revoked,
 * hence it is to be short-lived. It does not outlive the authority. Throws INTERNAL, and AUTHORITY_EXPIRED.
 */
export async function createResponderCertificate(
  authority: Authority,
  publicKey: Der,
  serialNumber: SerialNumber,
  at: Date,
  days: number,
): Promise<Der> {
  const { notBefore, notAfter } = period(at, days);
  if (authority.notAfter <= at)
    throw new LatchkeyError("AUTHORITY_EXPIRED", `The authority \`${authority.id}\` has expired: it can sign nothing any more.`);
  const certificate = blank({
    name: `Latchkey ${authority.id} OCSP ${shortKeyId(publicKey)}`,
    publicKey,
    serialNumber,
    notBefore: later(notBefore, authority.notBefore),
    notAfter: earlier(notAfter, authority.notAfter),
  });
  certificate.issuer = pkijs.RelativeDistinguishedNames.fromBER(toBuffer(authority.subject));
  certificate.extensions = [
    keyUsage("digitalSignature"),
    extendedKeyUsage(OID.ocspSigning),
    extension(OID.ocspNoCheck, false, new asn1js.Null()),
    subjectKeyIdentifierExtension(keyIdentifierOf(publicKey)),
    authorityKeyIdentifierExtension(authority.keyIdentifier),
  ];
  certificate.signature = pkijs.AlgorithmIdentifier.fromBER(toBuffer(authority.signer.signatureAlgorithm));
  return await signAndAssemble(toOctets(certificate.encodeTBS()), authority);
}

/** `[at - 5 min, + days]`. */
function period(at: Date, days: number): { notBefore: Date; notAfter: Date } {
  const notBefore = backdated(at);
  return { notBefore, notAfter: lastSecond(notBefore, days) };
}

interface SelfSigned {
  readonly name: string;
  readonly signer: Signer;
  readonly serialNumber: SerialNumber;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly pkijs.Extension[];
}

function selfSign(plan: SelfSigned): Promise<Der> {
  const { publicKey } = plan.signer;
  const certificate = blank({ ...plan, publicKey });
  certificate.issuer = certificate.subject;
  certificate.extensions = [...plan.extensions, subjectKeyIdentifierExtension(keyIdentifierOf(publicKey))];
  return sign(certificate, plan.signer);
}

function blank(plan: { name: string; publicKey: Der; serialNumber: SerialNumber; notBefore: Date; notAfter: Date }): pkijs.Certificate {
  return new pkijs.Certificate({
    version: 2,
    serialNumber: serialNumberInteger(plan.serialNumber),
    subject: pkijsName([{ type: OID.commonName, value: plan.name }]),
    notBefore: pkijsTime(plan.notBefore),
    notAfter: pkijsTime(plan.notAfter),
    subjectPublicKeyInfo: pkijs.PublicKeyInfo.fromBER(toBuffer(plan.publicKey)),
  });
}

async function sign(certificate: pkijs.Certificate, signer: Signer): Promise<Der> {
  certificate.signature = pkijs.AlgorithmIdentifier.fromBER(toBuffer(signer.signatureAlgorithm));
  const tbs = toOctets(certificate.encodeTBS());
  return sequence(tbs, signer.signatureAlgorithm, bitString(await signer.sign(tbs)));
}

function authorityConstraints(pathLenConstraint: number): pkijs.Extension {
  return extension(OID.basicConstraints, true, new pkijs.BasicConstraints({ cA: true, pathLenConstraint }));
}

/**
 * Critical (RFC 5280 §4.2.1.10). Names of a type that no subtree speaks of are free, so e-mail addresses and URIs
 * are bound to where nothing is. Directory names are not: Go and rustls can't process constraints on them and
 * refuse the whole chain (docs/decisions/name-constraints.md).
 */
function nameConstraints(permitted: PermittedNames): pkijs.Extension {
  const networks = permittedNetworks(permitted).map((octets) => new asn1js.OctetString({ valueHex: toBuffer(octets) }));
  const names = [
    ...permitted.dns.map((value) => new pkijs.GeneralName({ type: DNS_NAME, value })),
    ...networks.map((value) => new pkijs.GeneralName({ type: IP_ADDRESS, value })),
    new pkijs.GeneralName({ type: RFC822_NAME, value: NOWHERE }),
    new pkijs.GeneralName({ type: URI, value: NOWHERE }),
  ];
  const permittedSubtrees = names.map((base) => new pkijs.GeneralSubtree({ base }));
  return extension(OID.nameConstraints, true, new pkijs.NameConstraints({ permittedSubtrees }));
}

function shortKeyId(publicKey: Der): string {
  return Buffer.from(keyIdentifierOf(publicKey)).toString("hex").slice(0, NAME_HEX_DIGITS);
}
