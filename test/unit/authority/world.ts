import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { encodeSignatureAlgorithm } from "../../../services/ca/authority/algorithm.js";
import { type Authority, readAuthority } from "../../../services/ca/authority/authority.js";
import {
  createIntermediateCertificate,
  createRootCertificate,
  createSingleTierCertificate,
} from "../../../services/ca/authority/authority-certificate.js";
import { contextConstructed } from "../../../services/ca/authority/der/tag.js";
import {
  bitString,
  element,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOfOne,
} from "../../../services/ca/authority/der/writer.js";
import { encodeName } from "../../../services/ca/authority/distinguished-name.js";
import { encodeGeneralNames } from "../../../services/ca/authority/general-names.js";
import { type PermittedNames, permittedNames } from "../../../services/ca/authority/name-constraints.js";
import { OID } from "../../../services/ca/authority/object-identifiers.js";
import { serialNumberFrom } from "../../../services/ca/authority/serial-number.js";
import type { Signer } from "../../../services/ca/authority/signer.js";
import type { CertificateRecord, Der, SerialNumber } from "../../../services/ca/authority/types.js";
import { createKey, type KeyType } from "../../../services/ca/keys/file.js";

/** A small, real CA in memory, and what a device sends to it. */

/** Past, and within every authority here, whatever this machine's clock says. */
export const NOW = new Date("2025-01-15T12:00:00Z");
export const LIFETIMES = { device: 825, server: 397, operator: 397 };
const TWENTY_YEARS = 7305;
const TEN_YEARS = 3652;

export interface TestAuthority {
  readonly authority: Authority;
  readonly privateKey: KeyObject;
}

export function newSerialNumber(): SerialNumber {
  return serialNumberFrom(randomBytes(16));
}

export async function createDevices(type: KeyType = "P-256", days = TWENTY_YEARS, at = NOW): Promise<TestAuthority> {
  const { signer, privateKey } = await createKey(type);
  const certificate = await createSingleTierCertificate("devices", signer, newSerialNumber(), at, days);
  return { authority: readAuthority("devices", certificate, certificate, signer), privateKey };
}

export async function createOperators(): Promise<TestAuthority> {
  const { signer, privateKey } = await createKey("P-256");
  const certificate = await createSingleTierCertificate("operators", signer, newSerialNumber(), NOW, TWENTY_YEARS);
  return { authority: readAuthority("operators", certificate, certificate, signer), privateKey };
}

export async function createServers(
  permitted: PermittedNames = permittedNames(["example.com"], ["raspberrypi"]),
): Promise<TestAuthority & { root: { certificate: Der; signer: Signer } }> {
  const rootKey = await createKey("P-256");
  const { signer, privateKey } = await createKey("P-256");
  const root = { certificate: await createRootCertificate(rootKey.signer, newSerialNumber(), NOW, TWENTY_YEARS), signer: rootKey.signer };
  const certificate = await createIntermediateCertificate(root, signer.publicKey, permitted, newSerialNumber(), NOW, TEN_YEARS);
  return { authority: readAuthority("servers", certificate, root.certificate, signer), privateKey, root };
}

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function ecKey(namedCurve = "P-256"): KeyPair {
  return generateKeyPairSync("ec", { namedCurve });
}

export interface CsrWish {
  readonly commonName?: string;
  readonly dns?: readonly string[];
  readonly addresses?: readonly string[];
  readonly uris?: readonly string[];
  readonly keys?: KeyPair;
}

/** A certification request (RFC 2986) in DER, signed by its own key. */
export function makeCsr(wish: CsrWish = {}): Der {
  const keys = wish.keys ?? ecKey();
  const asksForNames = wish.dns ?? wish.addresses ?? wish.uris;
  const attributes = asksForNames === undefined ? [] : [extensionRequest(OID.subjectAlternativeName, encodeGeneralNames(wish))];
  return signCsr(requestInfo(encodeName({ commonName: wish.commonName }), spkiOf(keys.publicKey), attributes), keys.privateKey);
}

export function spkiOf(key: KeyObject): Der {
  return new Uint8Array(key.export({ format: "der", type: "spki" })) as Der;
}

export function requestInfo(subject: Der, spki: Der, attributes: readonly Der[]): Der {
  return sequence(integer(0), subject, spki, element(contextConstructed(0), ...attributes));
}

export function extensionRequest(type: string, value: Der): Der {
  return sequence(objectIdentifier(OID.extensionRequest), setOfOne(sequence(sequence(objectIdentifier(type), octetString(value)))));
}

export function signCsr(info: Der, privateKey: KeyObject): Der {
  if (privateKey.asymmetricKeyType === "ed25519") {
    return sequence(info, encodeSignatureAlgorithm(OID.ed25519), bitString(sign(null, info, privateKey)));
  }
  const algorithm = privateKey.asymmetricKeyType === "rsa" ? OID.sha256WithRsa : OID.ecdsaWithSha256;
  return sequence(info, encodeSignatureAlgorithm(algorithm), bitString(sign("sha256", info, privateKey)));
}

/** A stored certificate, valid; override what the test is about. */
export function certificateRecord(overrides: Partial<CertificateRecord> = {}): CertificateRecord {
  return {
    authority: "devices",
    serialNumber: newSerialNumber(),
    profile: "device",
    deviceName: "Anna's phone",
    deviceId: "7f7a3a2e-5a0e-4c5e-9d3b-0d9d2c1b6a11",
    owner: "Anna",
    operatorRole: "",
    serverNames: [],
    notBefore: NOW,
    notAfter: new Date("2028-06-04T12:00:00Z"),
    issuedAt: NOW,
    keyAlgorithm: "EC P-256",
    publicKeyHash: "00",
    requestId: "",
    der: new Uint8Array() as Der,
    status: "valid",
    ...overrides,
  } as CertificateRecord;
}
