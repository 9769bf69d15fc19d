import type { AtExpiry } from "../at-expiry.js";

/** What is behind one or several names, and how it is reached. */
export interface GuardedSite {
  readonly serverNames: readonly string[];
  /** `http://host:port` of what nginx guards. */
  readonly backend: string;
}

/** Every text in here goes into nginx's configuration as it is: who fills it in has checked it. */
export interface ConfigurationOptions {
  /** As `nginx -v` says: `nginx/1.22.1`. */
  readonly version: string;
  /** The hook's folder. */
  readonly dir: string;
  readonly doors: readonly GuardedSite[];
  /** As nginx writes them: `443`, `[::]:443`, `192.168.1.2:443`. */
  readonly listen: readonly string[];
  /** Where plain HTTP is sent on to HTTPS from, written like `listen`; nowhere by default. */
  readonly redirect?: readonly string[] | undefined;
  readonly statusPort: number;
  /** Where the hook hears which devices were let in (`run --seen`). */
  readonly seen?: { readonly host: string; readonly port: number } | undefined;
  /** TLS 1.2 as well as 1.3; `dhparam` is a file, for clients that have no elliptic curves. */
  readonly tls12?: { readonly dhparam?: string | undefined } | undefined;
  /** A certificate of the user's own, e.g. from a public CA, in place of the one that the hook keeps. */
  readonly certificate?: { readonly certificate: string; readonly key: string } | undefined;
  /** Ask the CA's OCSP responder at each handshake, in place of the CRL that the hook keeps. Since nginx 1.19.0. */
  readonly ocsp?: { readonly responder: string } | undefined;
  /** When the CRL ends before a newer one has come; `fail-closed` when left out. The hook has to be told the same. */
  readonly atExpiry?: AtExpiry | undefined;
  /** For how long browsers remember that there is no plain HTTP; 0: they are not told. */
  readonly hstsDays?: number | undefined;
  /** What one device may ask for; undefined: as much as it likes. */
  readonly rate?: { readonly perMinute: number; readonly burst: number } | undefined;
  /** Networks of the proxies that begin each connection with the PROXY protocol; undefined: nobody does. */
  readonly proxyProtocol?: readonly string[] | undefined;
}

export const DEFAULT_HSTS_DAYS = 730;
