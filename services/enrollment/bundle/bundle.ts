import type { KeyObject } from "node:crypto";
import { packMobileconfig } from "./mobileconfig.js";
import { decodeCertificates, packPem } from "./pem.js";
import { COMPATIBLE, MODERN, type Pkcs12Profile, packPkcs12 } from "./pkcs12.js";

export const BUNDLE_FORMATS = ["pkcs12", "pkcs12-compatible", "mobileconfig", "pem"] as const;
export type BundleFormat = (typeof BUNDLE_FORMATS)[number];

export interface BundleContent {
  readonly privateKey: KeyObject;
  /** PEM: the device's certificate, then its own CA. */
  readonly certificateChain: string;
  /** PEM: roots to install. Only a `.mobileconfig` carries them. */
  readonly anchors: readonly string[];
  readonly deviceName: string;
  readonly deviceId: string;
  /** Printable ASCII, not empty: what the device asks for when it installs the bundle. */
  readonly passphrase: string;
}

export interface Bundle {
  readonly contentType: string;
  /** Of the file's name, without the dot. */
  readonly extension: string;
  readonly content: Uint8Array;
}

/** What a bundle of each format is called on the wire and on disk. */
export const BUNDLE_FILES: Readonly<Record<BundleFormat, { readonly contentType: string; readonly extension: string }>> = {
  pkcs12: { contentType: "application/x-pkcs12", extension: "p12" },
  "pkcs12-compatible": { contentType: "application/x-pkcs12", extension: "p12" },
  mobileconfig: { contentType: "application/x-apple-aspen-config", extension: "mobileconfig" },
  pem: { contentType: "application/x-pem-file", extension: "pem" },
};

/**
 * Packs a device's key and certificates, encrypted under the passphrase.
 * Throws TypeError when the passphrase is empty or not printable ASCII (readers disagree on how to encode anything else).
 */
export async function packBundle(format: BundleFormat, content: BundleContent): Promise<Bundle> {
  if (!/^[\x20-\x7e]+$/.test(content.passphrase)) throw new TypeError("a bundle's passphrase is printable ASCII, and not empty");
  return { ...BUNDLE_FILES[format], content: await pack(format, content) };
}

async function pack(format: BundleFormat, content: BundleContent): Promise<Uint8Array> {
  switch (format) {
    case "pkcs12":
      return await pkcs12(content, MODERN);
    case "pkcs12-compatible":
      return await pkcs12(content, COMPATIBLE);
    case "mobileconfig": {
      const identity = await pkcs12(content, COMPATIBLE);
      const roots = content.anchors.flatMap(decodeCertificates);
      return Buffer.from(packMobileconfig({ pkcs12: identity, roots, deviceName: content.deviceName, deviceId: content.deviceId }));
    }
    case "pem":
      return Buffer.from(await packPem(pkcs8(content.privateKey), decodeCertificates(content.certificateChain), content.passphrase));
    default:
      return format satisfies never;
  }
}

async function pkcs12(content: BundleContent, profile: Pkcs12Profile): Promise<Uint8Array> {
  const certificates = decodeCertificates(content.certificateChain);
  const identity = { privateKey: pkcs8(content.privateKey), certificates, friendlyName: content.deviceName };
  return await packPkcs12(identity, content.passphrase, profile);
}

function pkcs8(privateKey: KeyObject): Uint8Array {
  return privateKey.export({ format: "der", type: "pkcs8" });
}
