export const BUNDLE_FORMATS = ["pkcs12", "pkcs12-compatible", "mobileconfig", "pem"] as const;
export type BundleFormat = (typeof BUNDLE_FORMATS)[number];

/** What a bundle of each format is called on the wire and on disk; `extension` is without the dot. */
export const BUNDLE_FILES: Readonly<Record<BundleFormat, { readonly contentType: string; readonly extension: string }>> = {
  pkcs12: { contentType: "application/x-pkcs12", extension: "p12" },
  "pkcs12-compatible": { contentType: "application/x-pkcs12", extension: "p12" },
  mobileconfig: { contentType: "application/x-apple-aspen-config", extension: "mobileconfig" },
  pem: { contentType: "application/x-pem-file", extension: "pem" },
};
