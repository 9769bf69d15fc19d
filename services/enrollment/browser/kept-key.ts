import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { BundleFormat } from "../bundle/formats.js";
import { fromBase64, toBase64 } from "../bundle/octets.js";
import type { DeviceKey } from "./device-key.js";

/**
 * The key that was made for an invitation: a page that is loaded again, even one that says that the invitation has been used, can go on where it
 * was, since the CA answers the same token and key with the same certificate. It lies in this tab's storage, until the tab is closed: the page
 * never learns whether a download came to its end, and a service that restarts has forgotten the profile that was handed over.
 */
export interface KeptKey {
  readonly invitationId: string;
  readonly deviceName: string;
  readonly format: BundleFormat;
  /** For which steps are shown. */
  readonly platform: string;
  /** The key, encrypted under the passphrase; base64. */
  readonly sealed: string;
}

const NONCE_OCTETS = 12;

/** The key that seals it: made from the passphrase's, and another one than that of the proof. */
export function storageKeyOf(passphraseKey: Uint8Array): Uint8Array {
  return hkdf(sha256, passphraseKey, new Uint8Array(), new TextEncoder().encode("latchkey kept device key"), 32);
}

/** Can a key be kept here? Some browsers block the storage of pages: then touching it throws. */
export function canKeep(): boolean {
  try {
    sessionStorage.setItem("latchkey", "");
    sessionStorage.removeItem("latchkey");
    return true;
  } catch {
    return false;
  }
}

export function findKept(token: string): KeptKey | undefined {
  const text = sessionStorage.getItem(nameOf(token));
  return text === null ? undefined : (JSON.parse(text) as KeptKey);
}

export function forgetKept(token: string): void {
  sessionStorage.removeItem(nameOf(token));
}

export async function keep(token: string, kept: Omit<KeptKey, "sealed">, key: DeviceKey, storageKey: Uint8Array): Promise<void> {
  const { privateKey, publicKey, csr } = key;
  const text = JSON.stringify({ privateKey: toBase64(privateKey), publicKey: toBase64(publicKey), csr: toBase64(csr) });
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_OCTETS));
  const cipher = cipherOf(nonce, kept.invitationId);
  const sealed = new Uint8Array(await crypto.subtle.encrypt(cipher, await importKey(storageKey), new TextEncoder().encode(text)));
  const record: KeptKey = { ...kept, sealed: toBase64(Uint8Array.of(...nonce, ...sealed)) };
  sessionStorage.setItem(nameOf(token), JSON.stringify(record));
}

/** Undefined when it was kept under another passphrase. */
export async function openKept({ invitationId, sealed }: KeptKey, storageKey: Uint8Array): Promise<DeviceKey | undefined> {
  try {
    const octets = fromBase64(sealed);
    const cipher = cipherOf(octets.slice(0, NONCE_OCTETS), invitationId);
    const opened = await crypto.subtle.decrypt(cipher, await importKey(storageKey), new Uint8Array(octets.subarray(NONCE_OCTETS)));
    const { privateKey, publicKey, csr } = JSON.parse(new TextDecoder().decode(opened)) as Record<keyof DeviceKey, string>;
    return { privateKey: fromBase64(privateKey), publicKey: fromBase64(publicKey), csr: fromBase64(csr) };
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

function nameOf(token: string): string {
  return `latchkey ${token}`;
}

function cipherOf(iv: Uint8Array<ArrayBuffer>, invitationId: string) {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(invitationId) };
}

function importKey(storageKey: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", new Uint8Array(storageKey), "AES-GCM", false, ["encrypt", "decrypt"]);
}
