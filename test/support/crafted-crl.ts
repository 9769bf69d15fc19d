// First: @peculiar/x509 needs it.
import "reflect-metadata";

import { generateKeyPairSync, type KeyObject, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { enumerated, integer } from "../../services/ca/authority/der/writer.js";
import type { TestAuthority } from "./authority.js";
import { readDevicesKey } from "./devices-key.js";

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const CRL_NUMBER = "2.5.29.20";
const REASON_CODE = "2.5.29.21";
const MINUTE_MILLIS = 60_000;

export interface CrlWish {
  readonly number: bigint;
  /** Hex. */
  readonly serialNumbers: readonly string[];
  /** Five minutes ago, when left out. */
  readonly thisUpdate?: Date;
  /** In an hour, when left out. */
  readonly nextUpdate?: Date;
  /** Of the key that it says it was signed by; hex. The devices CA's own, when left out. */
  readonly keyIdentifier?: string;
  /** In the place of that: an authorityKeyIdentifier of another form. */
  readonly signer?: x509.Extension;
  /** The reason of every entry. */
  readonly reason?: keyof typeof x509.X509CrlReason;
  /** Beside the two that a CRL always has. */
  readonly extensions?: readonly x509.Extension[];
  /** Of every entry, beside its reason. */
  readonly entryExtensions?: readonly x509.Extension[];
}

/** Signs CRLs as `issuer` that the CA itself would never sign: made by @peculiar/x509, not by the code under test. */
export type CrlForge = (wish: CrlWish) => Promise<Buffer>;

/** With the devices authority's own key: what a broken CA could sign, or who has stolen its data folder and its passphrase. */
export async function forgeOfDevices(authority: TestAuthority): Promise<CrlForge> {
  return createForge(await devicesCa(authority), await readDevicesKey(authority));
}

/** Another authority under the same name, with a key of its own. */
export async function forgeOfNamesake(authority: TestAuthority): Promise<CrlForge> {
  return createForge(await devicesCa(authority), generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
}

/** The serial numbers that a CRL bears, in hex. */
export function serialNumbersOf(der: Uint8Array): string[] {
  return new x509.X509Crl(Buffer.from(der)).entries.map(({ serialNumber }) => serialNumber);
}

async function devicesCa(authority: TestAuthority): Promise<x509.X509Certificate> {
  return new x509.X509Certificate(await (await fetch(`http://${authority.ca.http}/ca/devices.pem`)).text());
}

async function createForge(issuer: x509.X509Certificate, privateKey: KeyObject): Promise<CrlForge> {
  const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
  const ownIdentifier = issuer.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId ?? "";
  return async ({ number, serialNumbers, thisUpdate, nextUpdate, keyIdentifier, signer, reason, extensions, entryExtensions }) => {
    const now = Date.now();
    const identifier = signer ?? new x509.AuthorityKeyIdentifierExtension(keyIdentifier ?? ownIdentifier);
    const crl = await x509.X509CrlGenerator.create({
      issuer: issuer.subjectName,
      thisUpdate: thisUpdate ?? new Date(now - 5 * MINUTE_MILLIS),
      nextUpdate: nextUpdate ?? new Date(now + 60 * MINUTE_MILLIS),
      entries: serialNumbers.map((serialNumber) => ({
        serialNumber,
        revocationDate: new Date(now - 5 * MINUTE_MILLIS),
        extensions: [...(entryExtensions ?? []), reasonCode(reason ?? "superseded")],
      })),
      extensions: [identifier, new x509.Extension(CRL_NUMBER, false, integer(number)), ...(extensions ?? [])],
      signingAlgorithm: ALGORITHM,
      signingKey,
    });
    return Buffer.from(crl.rawData);
  };
}

function reasonCode(reason: keyof typeof x509.X509CrlReason): x509.Extension {
  return new x509.Extension(REASON_CODE, false, enumerated(x509.X509CrlReason[reason]));
}
