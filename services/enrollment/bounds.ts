/** Forward secrecy and authenticated encryption, in TLS 1.2 too: what phones of the last ten years speak. */
const CIPHERS = ["ECDSA", "RSA"].flatMap((key) => [
  `ECDHE-${key}-AES256-GCM-SHA384`,
  `ECDHE-${key}-CHACHA20-POLY1305`,
  `ECDHE-${key}-AES128-GCM-SHA256`,
]);

/** How every port here speaks TLS. */
export const STRICT_TLS = {
  minVersion: "TLSv1.2",
  ciphers: ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256", ...CIPHERS].join(":"),
} as const;

/** What a request may take, in octets and ms. */
export const BOUNDS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  // Node looks at the two above only so often: every half minute, if it is not told.
  connectionsCheckingInterval: 1_000,
  handshakeTimeout: 10_000,
  keepAliveTimeout: 5_000,
} as const;

/** Who neither sends anything nor takes what is sent. */
export const QUIET_MILLIS = 30_000;
