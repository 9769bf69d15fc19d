import { isAtLeast } from "../nginx-version.js";
import type { ConfigurationOptions } from "./options.js";

/** The oldest nginx that this configuration is written for. */
export const OLDEST_NGINX = "1.18.0";

/** Whether nginx can ask about clients by OCSP (`ssl_ocsp`). */
export function knowsOcsp(version: string): boolean {
  return isAtLeast(version, 1, 19, 0);
}

/** What each version of nginx calls things. */
export interface Dialect {
  /** `http2 on;` since 1.25.1; the old form (a word of `listen`) warns there, the new one is unknown before. */
  readonly hasHttp2Directive: boolean;
  /** `ssl_reject_handshake` came with 1.19.4. */
  readonly canRejectHandshakes: boolean;
}

export function dialectOf(version: string): Dialect {
  return { hasHttp2Directive: isAtLeast(version, 1, 25, 1), canRejectHandshakes: isAtLeast(version, 1, 19, 4) };
}

/** The `listen` lines of a TLS server, with HTTP/2. */
export function renderTlsListens({ version, listen, proxyProtocol }: ConfigurationOptions, isDefault = false): string {
  const { hasHttp2Directive } = dialectOf(version);
  const words = [
    "ssl",
    hasHttp2Directive ? "" : "http2",
    proxyProtocol === undefined ? "" : "proxy_protocol",
    isDefault ? "default_server" : "",
  ];
  const flags = words.filter((word) => word !== "").join(" ");
  return `${listen.map((address) => `  listen ${address} ${flags};`).join("\n")}${hasHttp2Directive ? "\n  http2 on;" : ""}`;
}
