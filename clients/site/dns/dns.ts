import { namesOf, type PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";
import { renderOpenwrtDns } from "./openwrt.js";
import { recordsOf } from "./records.js";

/** So that the house's names mean its LAN address at home: the same address works inside and outside (split DNS). */
export function renderDns(site: PreparedSite): RenderedFile[] {
  switch (site.dns.kind) {
    case "hosts":
      return [renderHosts(site)];
    case "dnsmasq":
      return [renderDnsmasq(site)];
    case "openwrt":
      return renderOpenwrtDns(site);
    case "unbound":
      return [renderUnbound(site)];
    case "adguard":
      return [renderAdguard(site)];
    case "pihole":
      return [renderPihole(site)];
    case "none":
      return [];
  }
}

function renderHosts(site: PreparedSite): RenderedFile {
  return {
    path: "dns/hosts",
    goesTo:
      "the end of /etc/hosts: of the router, if it answers the house's DNS from there, or of each computer. Phones have none: they need the router's.",
    undo: "take these lines out again.",
    body: recordsOf(site)
      .map(({ name, address }) => `${address} ${name}\n`)
      .join(""),
  };
}

function dnsmasqLines(site: PreparedSite): string {
  const { ipv4, ipv6 } = site.lan;
  const addresses = ipv6 === undefined ? ipv4 : `${ipv4},${ipv6}`;
  return `# "local" keeps questions of other types in the house: else the public AAAA or HTTPS record would lead phones outside.
${namesOf(site)
  .map((name) => `host-record=${name},${addresses}\nlocal=/${name}/\n`)
  .join("")}`;
}

function renderDnsmasq(site: PreparedSite): RenderedFile {
  return {
    path: "dns/dnsmasq.conf",
    goesTo: "/etc/dnsmasq.d/latchkey.conf on the host whose dnsmasq answers the house; then systemctl restart dnsmasq.",
    undo: "delete it, then systemctl restart dnsmasq.",
    body: dnsmasqLines(site),
  };
}

function renderPihole(site: PreparedSite): RenderedFile {
  return {
    path: "dns/pihole.conf",
    goesTo:
      "/etc/dnsmasq.d/99-latchkey.conf on the Pi-hole; then pihole restartdns (version 5), or (version 6) pihole-FTL --config misc.etc_dnsmasq_d true.",
    undo: "delete it, and restart the DNS server the same way.",
    body: dnsmasqLines(site),
  };
}

function renderUnbound(site: PreparedSite): RenderedFile {
  const zones = namesOf(site).map((name) => `  local-zone: "${name}." static\n`);
  const data = recordsOf(site).map(({ name, address, type }) => `  local-data: "${name}. 300 IN ${type} ${address}"\n`);
  return {
    path: "dns/unbound.conf",
    goesTo: "/etc/unbound/unbound.conf.d/latchkey.conf; then unbound-checkconf && systemctl reload unbound.",
    undo: "delete it, then systemctl reload unbound.",
    body: `# "static": there are these records of the name and no others, so that no public one leads phones outside.
server:
${[...zones, ...data].join("")}`,
  };
}

function renderAdguard(site: PreparedSite): RenderedFile {
  const rewrites = recordsOf(site).map(({ name, address }) => `    - domain: ${name}\n      answer: "${address}"\n      enabled: true\n`);
  return {
    path: "dns/adguard.yaml",
    goesTo:
      "AdGuard Home: Filters, DNS rewrites, one for each entry. Or, while it is stopped, its AdGuardHome.yaml (in older versions below `dns`, not `filtering`).",
    undo: "delete these rewrites at the same place.",
    body: `filtering:\n  rewrites:\n${rewrites.join("")}`,
  };
}
