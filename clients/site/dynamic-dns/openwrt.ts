import { namesOf, type PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";
import type { DynamicDns } from "../schema.js";
import { uciBatch, uciUndo } from "../uci.js";

const RELOAD = "/etc/init.d/ddns restart";

type Openwrt = Extract<DynamicDns, { kind: "openwrt" }>;

/** ddns-scripts on the router, which knows its own address. */
export function renderOpenwrtDdns(site: PreparedSite, { service, username }: Openwrt, password: string): RenderedFile {
  const sections = namesOf(site).map((name, at) => ({
    config: "ddns",
    type: "service",
    name: `latchkey_${at + 1}`,
    options: {
      enabled: "1",
      service_name: service,
      lookup_host: name,
      domain: name,
      ...(username === undefined ? {} : { username }),
      password,
      use_ipv6: "0",
      use_https: "1",
      cacert: "/etc/ssl/certs",
      interface: "wan",
      ip_source: "network",
      ip_network: "wan",
    },
  }));
  return {
    path: "dynamic-dns/openwrt.sh",
    goesTo:
      "the router, once, with the packages ddns-scripts, curl and ca-bundle: ssh root@ROUTER sh < dynamic-dns/openwrt.sh (it holds your password: mode 0600, and delete it then)",
    undo: `on the router: ${uciUndo(sections, RELOAD)}`,
    secret: true,
    body: uciBatch(sections, RELOAD),
  };
}
