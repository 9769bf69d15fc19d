import type { PreparedSite } from "../prepared.js";

/** One port that the internet may come to. */
export interface Forward {
  readonly name: "https" | "http";
  /** What the internet knows. */
  readonly outside: number;
  /** Where nginx listens. */
  readonly inside: number;
}

export function forwardsOf({ nginx }: PreparedSite): Forward[] {
  const https: Forward = { name: "https", outside: 443, inside: nginx.httpsPort };
  return nginx.redirect ? [https, { name: "http", outside: 80, inside: nginx.httpPort }] : [https];
}
