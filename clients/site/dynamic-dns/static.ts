import { namesOf, type PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";
import type { DynamicDns } from "../schema.js";

/** For a provider whose address never changes: lines of a zone file (RFC 1035 §5). */
export function renderStatic(site: PreparedSite, { ipv4, ipv6, ttl }: Extract<DynamicDns, { kind: "static" }>): RenderedFile {
  const lines = namesOf(site).flatMap((name) => [
    ...(ipv4 === undefined ? [] : [`${name}. ${ttl} IN A ${ipv4}\n`]),
    ...(ipv6 === undefined ? [] : [`${name}. ${ttl} IN AAAA ${ipv6}\n`]),
  ]);
  return {
    path: "dynamic-dns/records.zone",
    goesTo: "the zone file of your domain, or one by one the page of its DNS provider.",
    undo: "delete these records there.",
    comment: ";",
    body: lines.join(""),
  };
}
