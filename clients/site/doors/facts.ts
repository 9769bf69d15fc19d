import type { PreparedSite } from "../prepared.js";

/** What every front door has to be told. */
export interface DoorFacts {
  /** Where `latchkey-nginx follow` keeps its files. */
  readonly dir: string;
  readonly certificate: PreparedSite["nginx"]["certificate"];
  readonly sites: readonly { readonly names: readonly string[]; readonly backend: string }[];
  /** `*:443`, `192.168.1.2:443`, `[::]:443`; the addresses of this host, with a port put to them. */
  readonly addresses: readonly string[];
  readonly httpsPort: number;
  /** Undefined: plain HTTP is not sent on. */
  readonly httpPort: number | undefined;
  readonly hstsSeconds: number;
}

export function factsOf({ nginx, sites }: PreparedSite): DoorFacts {
  return {
    dir: nginx.dir,
    certificate: nginx.certificate,
    sites: sites.map(({ domain, aliases, backend }) => ({ names: [domain, ...aliases], backend })),
    addresses: nginx.addresses ?? (nginx.ipv6 ? ["0.0.0.0", "::"] : ["0.0.0.0"]),
    httpsPort: nginx.httpsPort,
    httpPort: nginx.redirect ? nginx.httpPort : undefined,
    hstsSeconds: nginx.hstsDays * 86_400,
  };
}

export function withPort(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** `localhost:8123` of `http://localhost:8123/`; a port is always there. */
export function hostAndPort(backend: string): { readonly host: string; readonly port: string; readonly isHttps: boolean } {
  const { hostname, port, protocol } = new URL(backend);
  const isHttps = protocol === "https:";
  return { host: hostname, port: port === "" ? (isHttps ? "443" : "80") : port, isHttps };
}
