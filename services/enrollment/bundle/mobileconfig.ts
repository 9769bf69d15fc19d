import { commonNameOf } from "./common-name.js";
import type { Cryptography } from "./cryptography.js";
import { toBase64 } from "./octets.js";

export interface ProfileContent {
  /** The device's identity, PKCS#12. Apple's installer asks for its password: the profile never holds it. */
  readonly pkcs12: Uint8Array;
  /** DER: the roots to install, which iOS trusts only after the switch in Certificate Trust Settings. */
  readonly roots: readonly Uint8Array[];
  readonly deviceName: string;
  /** What the payloads' UUIDs are made from: installing a renewed identity replaces the profile instead of adding one. */
  readonly deviceId: string;
}

type Plist = string | number | boolean | Uint8Array | readonly Plist[] | { readonly [key: string]: Plist };

/** An Apple configuration profile (`.mobileconfig`): an XML property list with one identity and the house's roots. */
export function packMobileconfig(content: ProfileContent, cryptography: Cryptography): string {
  const identifier = `latchkey.${content.deviceId}`;
  const payloads = [
    identityPayload(content, identifier, cryptography),
    ...content.roots.map((root) => rootPayload(content, root, identifier, cryptography)),
  ];
  const profile: Plist = {
    PayloadContent: payloads,
    PayloadDescription: `Installs the key of “${content.deviceName}”${content.roots.length > 0 ? " and the house's certificate authority" : ""}.`,
    PayloadDisplayName: `Latchkey: ${content.deviceName}`,
    PayloadIdentifier: identifier,
    PayloadOrganization: "Latchkey",
    PayloadRemovalDisallowed: false,
    PayloadType: "Configuration",
    PayloadUUID: stableUuid(content.deviceId, "profile", cryptography),
    PayloadVersion: 1,
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    `<plist version="1.0">${render(profile)}</plist>`,
    "",
  ].join("\n");
}

function identityPayload({ pkcs12, deviceName, deviceId }: ProfileContent, identifier: string, cryptography: Cryptography): Plist {
  return {
    PayloadCertificateFileName: "device.p12",
    PayloadContent: pkcs12,
    PayloadDescription: "The key that opens the door.",
    PayloadDisplayName: deviceName,
    PayloadIdentifier: `${identifier}.identity`,
    PayloadType: "com.apple.security.pkcs12",
    PayloadUUID: stableUuid(deviceId, "identity", cryptography),
    PayloadVersion: 1,
  };
}

function rootPayload({ deviceId }: ProfileContent, root: Uint8Array, identifier: string, cryptography: Cryptography): Plist {
  const fingerprint = toHex(cryptography.digest("sha256", root));
  return {
    PayloadCertificateFileName: "ca.cer",
    PayloadContent: root,
    PayloadDescription: "The house's certificate authority.",
    PayloadDisplayName: commonNameOf(root) ?? "Certificate authority",
    PayloadIdentifier: `${identifier}.root.${fingerprint.slice(0, 16)}`,
    PayloadType: "com.apple.security.root",
    PayloadUUID: stableUuid(deviceId, `root ${fingerprint}`, cryptography),
    PayloadVersion: 1,
  };
}

/** A UUID of version 8 (RFC 9562 §5.8): the first 122 bits of a labelled SHA-256. */
export function stableUuid(deviceId: string, part: string, { digest }: Cryptography): string {
  const octets = digest("sha256", new TextEncoder().encode(`latchkey mobileconfig\0${deviceId}\0${part}`)).slice(0, 16);
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x80;
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(octets).toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function render(value: Plist): string {
  if (typeof value === "string") return `<string>${escapeXml(value)}</string>`;
  if (typeof value === "number") return `<integer>${value}</integer>`;
  if (typeof value === "boolean") return value ? "<true/>" : "<false/>";
  if (value instanceof Uint8Array) return `<data>${toBase64(value)}</data>`;
  if (isArray(value)) return `<array>${value.map(render).join("")}</array>`;
  const entries = Object.entries(value).map(([key, entry]) => `<key>${escapeXml(key)}</key>${render(entry)}`);
  return `<dict>${entries.join("\n")}</dict>`;
}

function toHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** Array.isArray does not narrow a readonly array. */
function isArray(value: Plist): value is readonly Plist[] {
  return Array.isArray(value);
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
