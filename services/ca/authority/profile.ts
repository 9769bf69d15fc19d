import { isAddress } from "./address.js";
import type { Authority } from "./authority.js";
import type { Csr } from "./csr.js";
import { CANARY_NAME } from "./device-name.js";
import { isDnsName } from "./dns-name.js";
import { LatchkeyError } from "./error.js";
import { isPermitted } from "./name-constraints.js";
import type { AuthorityId, Der, DeviceName, OperatorRole, ProfileId } from "./types.js";
import { backdated, earlier, lastSecond, later } from "./validity.js";

/** In days. A profile signer lives as long as a server. */
export interface Lifetimes {
  readonly device: number;
  readonly server: number;
  readonly operator: number;
}

/** What somebody asks for. Nothing of it is granted yet. */
export interface Wish {
  readonly profile: ProfileId;
  readonly csr: Csr;
  readonly deviceName: DeviceName | undefined;
  readonly operatorRole?: OperatorRole;
  /** Of a server, the names beside those of the CSR. Of an operator, the names that it may serve; of the gRPC server, its own. */
  readonly serverNames: readonly string[];
  /** The names that the asking operator may have certified; undefined: all that the constraints permit. */
  readonly mayServe?: readonly string[];
}

declare const checked: unique symbol;

/** A wish that the profile has granted. Only `checkRequest` makes one, and only of these a certificate is made. */
export interface CheckedRequest {
  readonly [checked]: true;
  readonly profile: ProfileId;
  /** The device's or the operator's name; of a server its first name; of a profile signer what it is called. */
  readonly holder: string;
  /** Operators only. */
  readonly role: OperatorRole | undefined;
  /** Of a server its names, certified; of an operator the names that it may serve. */
  readonly serverNames: readonly string[];
  /** The names that the certificate bears, told apart. */
  readonly certified: { readonly dns: readonly string[]; readonly addresses: readonly string[] };
  readonly publicKey: Der;
  readonly publicKeyHash: string;
  readonly keyAlgorithm: string;
}

/** The authority that signs each profile. */
export const AUTHORITY_OF_PROFILE: Readonly<Record<ProfileId, AuthorityId>> = {
  device: "devices",
  server: "servers",
  operator: "operators",
  "profile-signer": "servers",
  canary: "devices",
};

type Granted = Pick<CheckedRequest, "holder" | "role" | "serverNames" | "certified">;

const NOTHING_CERTIFIED = { dns: [], addresses: [] } as const;
/** More than any house has; it bounds what a certificate can grow to. */
const MAX_SERVER_NAMES = 100;
/** What an iPhone shows as the one who has signed. */
const PROFILE_SIGNER = "Latchkey profile signing";
/** By which a hook tries its door again and again: a key that lies on nginx's host must not be good for long. */
const CANARY_DAYS = 7;

/**
 * Holds a wish against its profile. Throws PROFILE_UNKNOWN, SUBJECT_NOT_ALLOWED, NAME_NOT_ALLOWED, DEVICE_NAME_INVALID,
 * KEY_TYPE_NOT_ALLOWED, FIELD_INVALID.
 */
export function checkRequest(wish: Wish, authority: Authority): CheckedRequest {
  if (AUTHORITY_OF_PROFILE[wish.profile] !== authority.id) {
    throw new LatchkeyError("PROFILE_UNKNOWN", `The authority \`${authority.id}\` does not issue by the profile \`${wish.profile}\`.`);
  }
  const { publicKey, publicKeyHash, keyAlgorithm } = wish.csr;
  return { profile: wish.profile, publicKey, publicKeyHash, keyAlgorithm, ...grant(wish, authority) } as CheckedRequest;
}

function grant(wish: Wish, authority: Authority): Granted {
  if (wish.profile !== "operator" && wish.operatorRole !== undefined) throw invalid("operator_role", "Only operators have a role");
  switch (wish.profile) {
    case "device":
      return grantDevice(wish);
    case "operator":
      return grantOperator(wish);
    case "server":
      return grantServer(wish, authority);
    case "profile-signer":
      return grantProfileSigner(wish);
    case "canary":
      return grantCanary(wish);
    default:
      return wish.profile satisfies never;
  }
}

function grantDevice(wish: Wish): Granted {
  if (wish.serverNames.length > 0) throw invalid("server_names", "A device has no server names");
  const holder = checkNamedHolder(wish);
  return { holder, role: undefined, serverNames: [], certified: NOTHING_CERTIFIED };
}

function grantOperator(wish: Wish): Granted {
  const { operatorRole: role } = wish;
  if (role === undefined) throw invalid("operator_role", "An operator needs a role: admin, enrollment, nginx or viewer");
  const holder = checkNamedHolder(wish);
  const serverNames = normalizeNames(wish.serverNames);
  // Only the gRPC server is a server itself. The names of the others are what they may ask `servers` for.
  return { holder, role, serverNames, certified: role === "server" ? tellApart(serverNames) : NOTHING_CERTIFIED };
}

function grantServer(wish: Wish, authority: Authority): Granted {
  const { csr, mayServe } = wish;
  if (csr.keyAlgorithm === "Ed25519")
    throw new LatchkeyError("KEY_TYPE_NOT_ALLOWED", "Browsers and phones don't take Ed25519 from a server. Use P-256.");
  if (csr.otherNames)
    throw nameRefused("The request asks for names that are neither DNS names nor addresses; a server certificate holds those alone");
  const names = normalizeNames([...csr.dnsNames, ...csr.addresses, ...wish.serverNames]);
  checkServerSubject(wish, names);
  const [holder] = names;
  if (holder === undefined)
    throw nameRefused(
      "A server certificate needs a name: give a DNS name or an address in the request's subjectAltName, or as server name",
    );
  const served = mayServe && normalizeNames(mayServe);
  for (const name of names) {
    if (served && !served.includes(name))
      throw nameRefused(`This operator may not serve ${name}. It was added for: ${served.join(", ") || "no name"}`);
  }
  refuseForeignNames(names, authority);
  return { holder, role: undefined, serverNames: names, certified: tellApart(names) };
}

/** It bears no name that a TLS client could look for: it signs, and serves nothing. */
function grantProfileSigner({ csr, deviceName, serverNames }: Wish): Granted {
  if (csr.keyAlgorithm === "Ed25519")
    throw new LatchkeyError("KEY_TYPE_NOT_ALLOWED", "iPhones don't take Ed25519 from a signer. Use P-256.");
  if (deviceName !== undefined) throw invalid("device_name", "A profile signer has no name of its own");
  if (serverNames.length > 0) throw invalid("server_names", "A profile signer serves nothing, and has no server names");
  refuseAlternativeNames(csr);
  if (csr.subject.commonNames.length > 0 || csr.subject.otherAttributes.length > 0)
    throw subjectRefused("The request's subject names somebody, and a profile signer is nobody in particular. Leave the subject empty");
  return { holder: PROFILE_SIGNER, role: undefined, serverNames: [], certified: NOTHING_CERTIFIED };
}

/**
 * All canaries are called the same, and nothing else is in their subject: nginx knows them by the whole of it (`CN=latchkey canary`), and no
 * device's is that, as it has a UID.
 */
function grantCanary({ csr, serverNames }: Wish): Granted {
  if (serverNames.length > 0) throw invalid("server_names", "A canary has no server names");
  refuseAlternativeNames(csr);
  checkNoOtherAttributes(csr);
  if (csr.subject.commonNames.some((name) => name !== CANARY_NAME))
    throw subjectRefused(`The request's subject names somebody, and a canary is called ${CANARY_NAME}. Leave the subject empty`);
  return { holder: CANARY_NAME, role: undefined, serverNames: [], certified: NOTHING_CERTIFIED };
}

/** Throws NAME_NOT_ALLOWED for a name that lies outside the constraints of `servers`: no verifier would take a certificate for it. */
export function refuseForeignNames(names: readonly string[], { permittedNames }: Pick<Authority, "permittedNames">): void {
  const foreign = normalizeNames(names).find((name) => permittedNames !== undefined && !isPermitted(name, permittedNames));
  if (foreign === undefined) return;
  const remedy = isAddress(foreign)
    ? "Of addresses those of private networks are, and this host's own"
    : `If it is yours, add its domain on the CA's host: latchkey domain add ${foreign.replace(/^\*\./, "")}`;
  throw nameRefused(`${foreign} lies outside what \`servers\` may certify. ${remedy}`, `${foreign} is not permitted`);
}

/** A device's and an operator's name is given to them: a request may repeat it, or leave the subject empty, and asks for nothing else. */
function checkNamedHolder({ csr, deviceName }: Wish): DeviceName {
  if (deviceName === undefined)
    throw new LatchkeyError("DEVICE_NAME_INVALID", "The certificate's holder needs a name, for example \"Anna's phone\".");
  checkNoOtherAttributes(csr);
  const foreign = csr.subject.commonNames.find((name) => name.normalize("NFC") !== deviceName);
  if (foreign !== undefined || csr.subject.commonNames.length > 1) {
    throw subjectRefused(
      `The request's subject names ${JSON.stringify(foreign ?? deviceName)}, and the certificate is for ${JSON.stringify(deviceName)}. Leave the subject empty, or make it CN=${deviceName}`,
    );
  }
  refuseAlternativeNames(csr);
  return deviceName;
}

function refuseAlternativeNames({ otherNames, dnsNames, addresses }: Csr): void {
  if (otherNames || dnsNames.length > 0 || addresses.length > 0)
    throw nameRefused("The request asks for subject alternative names, and this profile grants none. Make the request without them");
}

/** A server's CN counts for nothing (RFC 9525 §2): it may repeat one of the names. */
function checkServerSubject({ csr }: Wish, names: readonly string[]): void {
  checkNoOtherAttributes(csr);
  const foreign = csr.subject.commonNames.find((name) => !names.includes(normalizeName(name) ?? ""));
  if (foreign !== undefined) {
    throw subjectRefused(
      `The request's subject names ${JSON.stringify(foreign)}, which is not among the names asked for. Leave the subject empty, or add the name`,
    );
  }
}

function checkNoOtherAttributes({ subject }: Csr): void {
  const [other] = subject.otherAttributes;
  if (other !== undefined)
    throw subjectRefused(`The request's subject has the attribute ${other}; only a common name (CN) may stand there`);
}

/** Without doubles, in their order. Throws NAME_NOT_ALLOWED. */
function normalizeNames(names: readonly string[]): string[] {
  if (names.length > MAX_SERVER_NAMES) throw nameRefused(`${names.length} names are too many: ${MAX_SERVER_NAMES} at most`);
  const normalized = names.map((name) => {
    const known = normalizeName(name);
    if (known === undefined) throw nameRefused(`${JSON.stringify(name.slice(0, 80))} is neither a DNS name nor an address`);
    return known;
  });
  return [...new Set(normalized)];
}

function normalizeName(name: string): string | undefined {
  const lower = name.toLowerCase();
  return isAddress(lower) || isDnsName(lower) ? lower : undefined;
}

function tellApart(names: readonly string[]): CheckedRequest["certified"] {
  return { dns: names.filter((name) => !isAddress(name)), addresses: names.filter(isAddress) };
}

/**
 * From five minutes before the clock's reading, for the profile's days, within the authority's own validity.
 * Throws AUTHORITY_EXPIRED.
 */
export function validity(profile: ProfileId, lifetimes: Lifetimes, at: Date, authority: Authority): { notBefore: Date; notAfter: Date } {
  if (at >= authority.notAfter) {
    throw new LatchkeyError(
      "AUTHORITY_EXPIRED",
      `The authority \`${authority.id}\` has expired on ${authority.notAfter.toISOString()}: it can certify nothing any more.`,
    );
  }
  const notBefore = later(backdated(at), authority.notBefore);
  const days = profile === "canary" ? CANARY_DAYS : lifetimes[profile === "profile-signer" ? "server" : profile];
  return { notBefore, notAfter: earlier(lastSecond(notBefore, days), authority.notAfter) };
}

function subjectRefused(why: string): LatchkeyError {
  return new LatchkeyError("SUBJECT_NOT_ALLOWED", `${why}.`, { violations: [{ field: "csr", description: why }] });
}

function nameRefused(why: string, description = why): LatchkeyError {
  return new LatchkeyError("NAME_NOT_ALLOWED", `${why}.`, { violations: [{ field: "server_names", description }] });
}

function invalid(field: string, why: string): LatchkeyError {
  return new LatchkeyError("FIELD_INVALID", `${why}.`, { violations: [{ field, description: why }] });
}
