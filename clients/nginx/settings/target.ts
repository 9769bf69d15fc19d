import ipaddr from "ipaddr.js";
import type { Directive } from "./directive.js";
import { valuesOf } from "./variables.js";

/** Where requests are passed to. Two with the same name are one. */
export interface Target {
  readonly name: string;
  /** Where it is, when it is on this very host: nginx itself may listen there. */
  readonly port: number | undefined;
}

const DEFAULT_PORT: Readonly<Record<string, string>> = { http: "80", https: "443", grpc: "80", grpcs: "443" };

/**
 * The servers that one `…_pass` leads to; "unknown" when a variable decides that nobody here can tell.
 *
 * @param scopes the blocks around it, the innermost first, with `http` or `stream` as the last
 */
export function targetsOf(text: string, scopes: readonly (readonly Directive[])[]): readonly Target[] | "unknown" {
  // The path comes after, and may hold what it likes.
  const where = /^(?:[^/]*:\/\/)?(?:unix:[^:]*|[^/?]*)/i.exec(text)?.[0] ?? "";
  const places = valuesOf(beforeThePath(where), scopes);
  if (places === "unknown") return "unknown";
  const upstreams = (scopes.at(-1) ?? []).filter(({ name }) => name === "upstream");
  return places.flatMap((place) => serversOf(place, upstreams));
}

/** `$host_and_port$request_uri`: the request's own path ends what says where. */
function beforeThePath(text: string): string {
  const at = text.search(/\$\{?(request_uri|uri|document_uri|is_args|args|1|2|3)\b/);
  return at > 0 ? text.slice(0, at) : text;
}

function serversOf(place: string, upstreams: readonly Directive[]): Target[] {
  const [, scheme = "http", authority = place] = /^(\w+):\/\/(.*)$/.exec(place) ?? [];
  const upstream = upstreams.find(({ args }) => args[0]?.toLowerCase() === authority.toLowerCase());
  if (upstream === undefined) return [parseTarget(authority, DEFAULT_PORT[scheme] ?? "")];
  const servers = (upstream.block ?? []).filter(({ name }) => name === "server");
  return servers.map(({ args: [address = ""] }) => parseTarget(address, "80"));
}

function parseTarget(text: string, defaultPort: string): Target {
  if (/^unix:/i.test(text)) return { name: `unix:${text.slice("unix:".length).replace(/:$/, "")}`, port: undefined };
  const [, host = "", port = defaultPort] = /^(\[[^\]]*\]|[^:/]*)(?::(\d+))?/.exec(text) ?? [];
  const isHere = isThisHost(host);
  return { name: `${isHere ? "this host" : nameOf(host)}:${port}`, port: isHere ? Number(port) : undefined };
}

/** 127.0.0.1, ::1 and localhost are one place. */
function isThisHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (bare === "localhost") return true;
  return (
    (ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare)) &&
    ["loopback", "unspecified"].includes(ipaddr.process(bare).range())
  );
}

function nameOf(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}
