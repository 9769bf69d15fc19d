import type { KeyObject } from "node:crypto";
import { BUNDLE_FILES, type BundleFormat } from "./formats.js";
import { NODE_CRYPTOGRAPHY } from "./node-cryptography.js";
import { type BundleContent, pack } from "./pack.js";

export interface Bundle {
  readonly contentType: string;
  /** Of the file's name, without the dot. */
  readonly extension: string;
  readonly content: Uint8Array;
}

/** Packs a bundle with Node's cryptography. Throws what `pack` throws. */
export async function packBundle(
  format: BundleFormat,
  { privateKey, ...content }: Omit<BundleContent, "privateKey"> & { readonly privateKey: KeyObject },
): Promise<Bundle> {
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  return { ...BUNDLE_FILES[format], content: await pack(format, { ...content, privateKey: pkcs8 }, NODE_CRYPTOGRAPHY) };
}
