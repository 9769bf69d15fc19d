import { namesOf, type PreparedSite } from "../prepared.js";

/** A name with one of nginx's addresses in the LAN. */
export interface LanRecord {
  readonly name: string;
  readonly address: string;
  readonly type: "A" | "AAAA";
}

export function recordsOf(site: PreparedSite): LanRecord[] {
  const { ipv4, ipv6 } = site.lan;
  return namesOf(site).flatMap((name): LanRecord[] => [
    { name, address: ipv4, type: "A" },
    ...(ipv6 === undefined ? [] : [{ name, address: ipv6, type: "AAAA" } as const]),
  ]);
}
