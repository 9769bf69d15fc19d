import type { Cryptography } from "./cryptography.js";
import type { BundleFormat } from "./formats.js";
import { packMobileconfig } from "./mobileconfig.js";
import { decodeCertificates, packPem } from "./pem.js";
import { COMPATIBLE, MODERN, type Pkcs12Profile, packPkcs12 } from "./pkcs12.js";

export interface BundleContent {
  /** PKCS#8 PrivateKeyInfo, DER. */
  readonly privateKey: Uint8Array;
  /** PEM: the device's certificate, then its own CA. */
  readonly certificateChain: string;
  /** PEM: roots to install. Only a `.mobileconfig` carries them. */
  readonly anchors: readonly string[];
  readonly deviceName: string;
  readonly deviceId: string;
  /** Printable ASCII, not empty: what the device asks for when it installs the bundle. */
  readonly passphrase: string;
}

/**
 * Packs a device's key and certificates, encrypted under the passphrase, in Node or in a browser.
 * Throws TypeError when the passphrase is empty or not printable ASCII (readers disagree on how to encode anything else).
 */
export async function pack(format: BundleFormat, content: BundleContent, cryptography: Cryptography): Promise<Uint8Array> {
  if (!/^[\x20-\x7e]+$/.test(content.passphrase)) throw new TypeError("a bundle's passphrase is printable ASCII, and not empty");
  const { privateKey, passphrase, deviceName, deviceId } = content;
  const certificates = decodeCertificates(content.certificateChain);
  const pkcs12 = (profile: Pkcs12Profile) =>
    packPkcs12({ privateKey, certificates, friendlyName: deviceName }, passphrase, profile, cryptography);
  const text = (packed: string) => new TextEncoder().encode(packed);
  switch (format) {
    case "pkcs12":
      return await pkcs12(MODERN);
    case "pkcs12-compatible":
      return await pkcs12(COMPATIBLE);
    case "mobileconfig": {
      const roots = content.anchors.flatMap(decodeCertificates);
      return text(packMobileconfig({ pkcs12: await pkcs12(COMPATIBLE), roots, deviceName, deviceId }, cryptography));
    }
    case "pem":
      return text(await packPem(privateKey, certificates, passphrase, cryptography));
    default:
      return format satisfies never;
  }
}
