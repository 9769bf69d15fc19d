import type { IncomingMessage } from "node:http";
import { asNetwork } from "../address.js";
import type { Lan } from "./lan.js";
import { configuredLan, parseAddress } from "./lan.js";

/** What is decided of a request before anything else looks at it. */
export type Verdict =
  | { readonly allowed: true /** The client's own address. */; readonly address: string }
  | { readonly allowed: false; readonly reason: "NOT_ON_LAN" | "HOST_NOT_ALLOWED"; readonly address: string };

export interface GuardOptions {
  readonly lan: Pick<Lan, "has">;
  /** Addresses or networks of proxies whose X-Forwarded-For counts. */
  readonly trustedProxies: readonly string[];
  /** The names and addresses that this service is called by, as it is now. */
  names(): readonly string[];
}

export interface Guard {
  /** Of a connection, before TLS: may this peer speak at all? */
  mayConnect(peer: string): boolean;
  /** Of a connection: is it a proxy that speaks for many? */
  isProxy(peer: string): boolean;
  check(request: IncomingMessage): Verdict;
}

const FORWARDING_HEADERS = ["x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host"];
const LOOPBACK_NAMES = new Set(["localhost", "127.0.0.1", "::1"]);

/**
 * LAN only: the TCP peer's own address counts; X-Forwarded-For only from a trusted proxy, and then every hop must
 * be on the LAN. The Host must be one of our names, or a page from elsewhere could rebind its name to us.
 */
export function createGuard({ lan, trustedProxies, names }: GuardOptions): Guard {
  const proxies = configuredLan(trustedProxies.map(asNetwork));
  const isKnown = (host: string) => isAmong(names(), host);

  return {
    mayConnect: (peer) => lan.has(peer) || proxies.has(peer),
    isProxy: (peer) => proxies.has(peer),

    check(request) {
      const peer = request.socket.remoteAddress ?? "";
      const refuse = (reason: "NOT_ON_LAN" | "HOST_NOT_ALLOWED", address = peer): Verdict => ({ allowed: false, reason, address });
      const host = onlyHostOf(request);
      const isForwarded = FORWARDING_HEADERS.some((name) => request.headers[name] !== undefined);
      if (proxies.has(peer)) {
        const hops = forwardedFor(request);
        const [client = ""] = hops;
        if (hops.length === 0 || !hops.every((hop) => lan.has(hop) || proxies.has(hop))) return refuse("NOT_ON_LAN", client);
        return host !== undefined && isKnown(host) ? { allowed: true, address: client } : refuse("HOST_NOT_ALLOWED", client);
      }
      if (!lan.has(peer)) return refuse("NOT_ON_LAN");
      // A proxy on this very host that nobody has told us of: whoever it speaks for, it is not itself.
      const isLoopback = parseAddress(peer)?.range() === "loopback";
      if (isLoopback && (isForwarded || host === undefined || !LOOPBACK_NAMES.has(host))) return refuse("NOT_ON_LAN");
      if (host === undefined || !isKnown(host)) return refuse("HOST_NOT_ALLOWED");
      return { allowed: true, address: peer };
    },
  };
}

/** Is a host, as `onlyHostOf` says it, one of these names? */
export function isAmong(names: readonly string[], host: string): boolean {
  return names.some((name) => normalize(name) === host);
}

/** Of a request with two Hosts, or one in its target besides (RFC 9112 §3.2), the next one to read it may take the other: it has none. */
export function onlyHostOf({ url = "", headers, rawHeaders }: IncomingMessage): string | undefined {
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host");
  return hosts.length === 1 && url.startsWith("/") ? hostOf(headers.host) : undefined;
}

function forwardedFor(request: IncomingMessage): string[] {
  const value = request.headers["x-forwarded-for"];
  const text = Array.isArray(value) ? value.join(",") : (value ?? "");
  return text === "" ? [] : text.split(",").map((hop) => hop.trim());
}

/** The host without its port, as a name is compared; undefined for what is none. */
function hostOf(header: string | undefined): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? "") ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? undefined : normalize(host);
}

function normalize(name: string): string {
  return parseAddress(name)?.toString() ?? name.toLowerCase().replace(/\.$/, "");
}
