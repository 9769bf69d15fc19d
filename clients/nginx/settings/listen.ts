import ipaddr from "ipaddr.js";
import type { Directive } from "./directive.js";

/** Where a server listens: one `listen`, as nginx understands it. */
export interface Listen {
  readonly place: string;
  /** As it is written, for people. */
  readonly text: string;
  /** QUIC listens on UDP: a socket of its own beside TCP's with the same number. */
  readonly transport: "tcp" | "udp";
  readonly host: ListenHost;
  /** `listen 8000-8010`; the same twice for a single port, 0 for a socket file. */
  readonly ports: readonly [first: number, last: number];
  /** It says so itself; a neighbour on the same socket can say it for both. */
  readonly saysTls: boolean;
  readonly isDefault: boolean;
}

export type ListenHost =
  | { readonly kind: "address"; readonly address: string }
  /** Which address that is, the resolver knew when nginx started. */
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "file"; readonly path: string };

/** `listen 443 ssl`, `listen *:443`, `listen [::]:443 quic`, `listen unix:/path`, `listen example.org` (port 80): ngx_parse_url. */
export function parseListen({ args: [text = "", ...flags], place }: Directive, isServerTls: boolean): Listen {
  const isQuic = flags.includes("quic");
  return {
    place,
    text,
    transport: isQuic || flags.includes("udp") ? "udp" : "tcp",
    ...parseWhere(text),
    saysTls: isServerTls || isQuic || flags.includes("ssl"),
    isDefault: flags.includes("default_server") || flags.includes("default"),
  };
}

function parseWhere(text: string): Pick<Listen, "host" | "ports"> {
  if (/^unix:/i.test(text)) return { host: { kind: "file", path: text.slice("unix:".length) }, ports: [0, 0] };
  if (/^\d+(-\d+)?$/.test(text)) return { host: ANY, ports: parsePorts(text) };
  const [, host = "", ports = "80"] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(text) ?? [];
  return { host: parseHost(host), ports: parsePorts(ports) };
}

const ANY: ListenHost = { kind: "address", address: "0.0.0.0" };

function parseHost(text: string): ListenHost {
  if (text === "*") return ANY;
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare);
  return isAddress ? { kind: "address", address: ipaddr.parse(bare).toString() } : { kind: "name", name: bare.toLowerCase() };
}

function parsePorts(text: string): [number, number] {
  const [first = "", last = first] = text.split("-");
  return [Number(first), Number(last)];
}

/** What a server without `listen` listens on, when nginx is started by root. */
export function defaultListen(place: string, saysTls: boolean): Listen {
  return { place, text: "80", transport: "tcp", host: ANY, ports: [80, 80], saysTls, isDefault: false };
}

/**
 * Do two servers hear from the same clients here? nginx tells addresses apart exactly: `listen 443` and `listen 10.0.0.1:443`
 * share nothing, as a client of 10.0.0.1 comes to the second alone. Which address a name is can't be told.
 */
export function shares(one: Listen, other: Listen): "yes" | "perhaps" | "no" {
  if (one.transport !== other.transport || one.ports[0] > other.ports[1] || other.ports[0] > one.ports[1]) return "no";
  const isSame = nameOf(one.host) === nameOf(other.host);
  return isSame ? "yes" : one.host.kind === "name" || other.host.kind === "name" ? "perhaps" : "no";
}

function nameOf(host: ListenHost): string {
  return host.kind === "file" ? `unix:${host.path}` : host.kind === "name" ? host.name : host.address;
}

/** Can nobody but this host itself come to it? */
export function isLoopback({ host }: Listen): boolean {
  if (host.kind === "file") return true;
  return host.kind === "name" ? host.name === "localhost" : ipaddr.process(host.address).range() === "loopback";
}
