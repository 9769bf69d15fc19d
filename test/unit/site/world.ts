import type { PreparedSite } from "../../../clients/site/prepared.js";
import { renderSite } from "../../../clients/site/render.js";
import { textOf } from "../../../clients/site/rendered-file.js";
import { siteSchema } from "../../../clients/site/schema.js";

/** A house with three names, IPv6, and Home Assistant beside nginx. */
export const HOUSE = {
  sites: [
    { domain: "home.example.com", aliases: ["ha.example.com"], backend: "http://localhost:8123" },
    { domain: "nas.example.com", backend: "http://192.168.1.3:5000" },
  ],
  lan: { ipv4: "192.168.1.2", ipv6: "2001:db8::2" },
};

/** A house with what differs from that. Throws when the schema refuses it. */
export function houseWith(more: object = {}, secret = "geheim-123"): PreparedSite {
  return { ...siteSchema.parse({ ...HOUSE, ...more }), nginxVersion: "nginx/1.26.3", secret };
}

/** What the kit holds, by the files' names. */
export function kitOf(site: PreparedSite): Readonly<Record<string, string>> {
  return Object.fromEntries(renderSite(site).map((file) => [file.path, textOf(file)]));
}

/** One file of it. */
export function fileOf(site: PreparedSite, path: string): string {
  const kit = kitOf(site);
  const text = kit[path];
  if (text === undefined) throw new Error(`the kit has no ${path}: ${Object.keys(kit).join()}`);
  return text;
}

export const DUCKDNS = {
  sites: [{ domain: "home.duckdns.org" }, { domain: "nas.home.duckdns.org" }],
  dynamicDns: { kind: "duckdns", tokenFile: "token" },
};

const CERTBOT = { certificate: "/etc/letsencrypt/live/a.example/fullchain.pem", key: "/etc/letsencrypt/live/a.example/privkey.pem" };

/** One of each kind of everything. */
export const KINDS: readonly object[] = [
  { nginx: { certificate: CERTBOT, revocation: { kind: "ocsp" } } },
  { nginx: { revocation: { kind: "crl", atExpiry: "keep-last-good" } } },
  { nginx: { certificate: { ...CERTBOT, enrollment: { folder: "/home/anna/latchkey/tls", user: "anna" } } } },
  ...["haproxy", "apache", "caddy", "traefik", "envoy"].map((frontDoor) => ({ frontDoor, nginx: { certificate: CERTBOT } })),
  ...["hosts", "dnsmasq", "openwrt", "unbound", "adguard", "pihole"].map((kind) => ({ dns: { kind } })),
  ...[{ kind: "openwrt" }, { kind: "nftables", wan: "eth0" }, { kind: "other" }, { kind: "none" }].map((router) => ({ router })),
  DUCKDNS,
  { dynamicDns: { kind: "ddclient", protocol: "dyndns2", server: "members.example.net", login: "anna", passwordFile: "password" } },
  { dynamicDns: { kind: "openwrt", service: "no-ip.com", username: "anna", passwordFile: "password" } },
  { dynamicDns: { kind: "static", ipv4: "203.0.113.5", ipv6: "2001:db8::2" } },
];
