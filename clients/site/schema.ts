import { z } from "zod";
import { AT_EXPIRY } from "../nginx/at-expiry.js";
import { isBackendUrl } from "../nginx/configuration/backend-url.js";
import { knowsOcsp, OLDEST_NGINX } from "../nginx/configuration/dialect.js";
import { DEFAULT_HSTS_DAYS } from "../nginx/configuration/options.js";
import { isAtLeast } from "../nginx/nginx-version.js";
import { parseSeen } from "../nginx/options.js";
import { lineageOf } from "./certbot.js";
import { isDomain, isForOthers, isIpv4, isIpv6, isName, isNetwork, isPath, isWord } from "./values.js";

/** What `site.yaml` may say: a house as seen from outside, and what stands in it. */

const text = (is: (value: string) => boolean, must: string) => z.string().refine(is, must);
const domain = z
  .string()
  .toLowerCase()
  .refine(isDomain, "must be a name in the DNS, like home.example.com (letters, digits, hyphens and dots).");
const ipv4 = text(isIpv4, "must be an IPv4 address, like 192.168.1.2.");
const ipv6 = text(isIpv6, "must be an IPv6 address without a zone, like 2001:db8::2.");
const FOR_OTHERS = "must be one that other hosts of the house can reach: not loopback, link-local or multicast.";
const path = text(isPath, "must be an absolute path of letters, digits, dots, hyphens and underscores.");
const port = z.number().int().min(1).max(65_535);
const name = (what: string) => text(isName, `must be ${what}: letters, digits, dots, hyphens and underscores.`);
const word = (what: string) => text(isWord, `must be ${what}: letters, digits and . _ @ + -`);
const fileName = z.string().min(1);
const oneOf = (kinds: readonly string[]) => ({ error: `can be ${kinds.join(", ")}.` });
const none = z.strictObject({ kind: z.literal("none") });

export const BACKEND = "http://localhost:8123";
const HOOK_FOLDER = "/etc/nginx/latchkey";
export const FRONT_DOOR_KINDS = ["nginx", "haproxy", "apache", "caddy", "traefik", "envoy"] as const;
export const REVOCATION_KINDS = ["crl", "ocsp"] as const;
export const DNS_KINDS = ["hosts", "dnsmasq", "openwrt", "unbound", "adguard", "pihole", "none"] as const;
export const ROUTER_KINDS = ["openwrt", "nftables", "other", "none"] as const;
export const DYNAMIC_DNS_KINDS = ["duckdns", "ddclient", "openwrt", "static", "none"] as const;
/** Those of ddclient's protocols that ask for a login, a password, and perhaps a server or a zone. */
export const DDCLIENT_PROTOCOLS = ["dyndns2", "noip", "cloudflare", "hetzner", "namecheap"] as const;
/** Those that want to be told which zone a name is in. */
export const ZONED: ReadonlySet<string> = new Set(["cloudflare", "hetzner"]);

const site = z.strictObject({
  domain,
  /** More names for the same. */
  aliases: z.array(domain).max(50).default([]),
  backend: text(isBackendUrl, "must look like http://localhost:8123.").default(BACKEND),
  /** Is it Home Assistant? By default: whatever listens on port 8123. */
  homeAssistant: z.boolean().optional(),
  /** Where this nginx comes from, as Home Assistant sees it; by default by where the two run. */
  trustedProxies: z.array(text(isNetwork, "must be addresses or networks, like 172.30.33.0/24.")).min(1).optional(),
});

/** What tells nginx whom to refuse: the CRL that the hook keeps and proves, or the CA, asked at each handshake. */
const revocation = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("crl"),
      /** The hook has to be told the same: `latchkey-nginx run --at-expiry`. */
      atExpiry: z.enum(AT_EXPIRY, oneOf(AT_EXPIRY)).default("fail-closed"),
    }),
    z.strictObject({
      kind: z.literal("ocsp"),
      responder: text(isResponderUrl, "must look like http://127.0.0.1:8480/ocsp: the CA's publication address, and /ocsp.").default(
        "http://127.0.0.1:8480/ocsp",
      ),
    }),
  ],
  oneOf(REVOCATION_KINDS),
);

const nginx = z.strictObject({
  /** Of the nginx that is to read it; by default that of this host. */
  version: z
    .string()
    .regex(/^\d{1,3}\.\d{1,3}\.\d{1,3}$/, "must look like 1.22.1, as `nginx -v` says.")
    .refine((version) => isAtLeast(version, 1, 18, 0), `is too old: ${OLDEST_NGINX} is the oldest nginx that this is written for.`)
    .optional(),
  /** The hook's folder (`latchkey-nginx --dir`). */
  dir: path.default(HOOK_FOLDER),
  user: name("a user's name").default("www-data"),
  /** Of this host's addresses; by default all. */
  addresses: z
    .array(z.union([ipv4, ipv6], { error: "must be addresses of the nginx host." }))
    .min(1)
    .max(20)
    .optional(),
  /** With `false` it listens on IPv4 alone, as a host without IPv6 must. */
  ipv6: z.boolean().default(true),
  httpsPort: port.default(443),
  httpPort: port.default(80),
  /** Sends plain HTTP on to HTTPS. */
  redirect: z.boolean().default(true),
  statusPort: port.default(8481),
  tls12: z.boolean().default(false),
  dhparam: path.optional(),
  certificate: z
    .strictObject({
      certificate: path,
      key: path,
      /** A copy for Latchkey's enrolment service, after each renewal by certbot: it may not read root's files. */
      enrollment: z.strictObject({ folder: path, user: name("a user's name") }).optional(),
    })
    .optional(),
  revocation: revocation.prefault({ kind: "crl" }),
  hstsDays: z.number().int().min(0).max(3_650).default(DEFAULT_HSTS_DAYS),
  rate: z
    .strictObject({
      perMinute: z.number().int().min(1).max(1_000_000).default(6_000),
      burst: z.number().int().min(1).max(100_000).default(300),
    })
    .prefault({}),
  proxyProtocol: z.array(text(isNetwork, "must be the addresses or networks of the proxies.")).min(1).optional(),
  seen: text(isSeen, "must be an address of this host alone, like 127.0.0.1:8482.").optional(),
});

const dns = z.strictObject({ kind: z.enum(DNS_KINDS).default("hosts") });

const router = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("openwrt"),
      wan: name("a firewall zone's name").default("wan"),
      lan: name("a firewall zone's name").default("lan"),
    }),
    z.strictObject({ kind: z.literal("nftables"), wan: name("the name of the interface to the internet") }),
    z.strictObject({ kind: z.literal("other") }),
    none,
  ],
  oneOf(ROUTER_KINDS),
);

const dynamicDns = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("duckdns"), tokenFile: fileName }),
    z.strictObject({
      kind: z.literal("ddclient"),
      protocol: z.enum(DDCLIENT_PROTOCOLS),
      server: domain.optional(),
      login: word("a login").optional(),
      passwordFile: fileName,
      zone: domain.optional(),
    }),
    z.strictObject({
      kind: z.literal("openwrt"),
      /** As ddns-scripts calls it: `duckdns.org`. */
      service: word("a provider's name in OpenWrt"),
      username: word("a login").optional(),
      passwordFile: fileName,
    }),
    z
      .strictObject({
        kind: z.literal("static"),
        ipv4: ipv4.optional(),
        ipv6: ipv6.optional(),
        ttl: z.number().int().min(30).max(86_400).default(300),
      })
      .refine((fixed) => fixed.ipv4 !== undefined || fixed.ipv6 !== undefined, "needs the house's own address: `ipv4`, `ipv6` or both."),
    none,
  ],
  oneOf(DYNAMIC_DNS_KINDS),
);

export const siteSchema = z
  .strictObject({
    /** What is reached from outside, each by its own name. */
    sites: z.array(site).min(1).max(100),
    /** Where nginx is, in the house. */
    lan: z.strictObject({ ipv4: ipv4.refine(isForOthers, FOR_OTHERS), ipv6: ipv6.refine(isForOthers, FOR_OTHERS).optional() }),
    /** What stands before the backends. What is said of nginx holds for the others, too, as far as they have it. */
    frontDoor: z.enum(FRONT_DOOR_KINDS).default("nginx"),
    nginx: nginx.prefault({}),
    dns: dns.prefault({}),
    router: router.prefault({ kind: "other" }),
    dynamicDns: dynamicDns.prefault({ kind: "none" }),
  })
  .check(({ value, issues }) => {
    const refuse = (at: (string | number)[], message: string) => issues.push({ code: "custom", path: at, message, input: value });
    const { nginx, dynamicDns: dynamic } = value;
    const names = value.sites.flatMap(({ domain, aliases }) => [domain, ...aliases]);
    for (const [index, one] of value.sites.entries()) {
      const own = [one.domain, ...one.aliases];
      const twice = own.find((each) => names.indexOf(each) !== names.lastIndexOf(each));
      if (twice !== undefined) refuse(["sites", index], `names ${twice}, which stands here twice: each name leads to one backend.`);
      if (dynamic.kind === "duckdns" && !own.every((each) => each.endsWith(".duckdns.org")))
        refuse(["sites", index], "is not below duckdns.org: DuckDNS keeps no other names up to date.");
    }
    if (value.frontDoor !== "nginx") {
      const isForAll = value.frontDoor === "caddy" || value.frontDoor === "traefik";
      if (nginx.certificate === undefined && !isForAll)
        refuse(["frontDoor"], `needs \`nginx.certificate\`: for ${value.frontDoor} Latchkey keeps no certificate of its own.`);
      if (nginx.revocation.kind === "ocsp" || nginx.tls12 || nginx.proxyProtocol !== undefined || nginx.seen !== undefined)
        refuse(["frontDoor"], "can't be another one with what only nginx does here: `revocation` ocsp, `tls12`, `proxyProtocol`, `seen`.");
    }
    if (nginx.dhparam !== undefined && !nginx.tls12)
      refuse(["nginx", "dhparam"], "is for TLS 1.2 alone: say `tls12: true` as well, or leave it out.");
    if (nginx.certificate?.enrollment !== undefined && lineageOf(nginx.certificate.certificate) === undefined)
      refuse(["nginx", "certificate", "enrollment"], "is for certbot's certificates, below /etc/letsencrypt/live/.");
    if (nginx.revocation.kind === "ocsp" && nginx.certificate === undefined)
      refuse(["nginx", "revocation"], "needs `nginx.certificate`: it is the hook that keeps nginx's own, and with ocsp there is none.");
    if (nginx.revocation.kind === "ocsp" && nginx.version !== undefined && !knowsOcsp(`nginx/${nginx.version}`))
      refuse(["nginx", "revocation"], "needs nginx 1.19.0 or newer: older ones can't ask about clients by OCSP.");
    const ports = [nginx.httpsPort, nginx.statusPort, ...(nginx.redirect ? [nginx.httpPort] : [])];
    if (new Set(ports).size < ports.length) refuse(["nginx"], "has two ports with the same number.");
    if (dynamic.kind === "ddclient" && dynamic.protocol === "dyndns2" && dynamic.server === undefined)
      refuse(["dynamicDns", "protocol"], "needs the provider's `server` with dyndns2.");
    if (dynamic.kind === "ddclient" && ZONED.has(dynamic.protocol) && dynamic.zone === undefined)
      refuse(["dynamicDns", "protocol"], `needs the \`zone\` with ${dynamic.protocol}, like example.com.`);
  });

export type Site = z.infer<typeof siteSchema>;
export type FrontDoorKind = Site["frontDoor"];
export type DynamicDns = Site["dynamicDns"];

function isSeen(value: string): boolean {
  try {
    parseSeen(value);
    return true;
  } catch {
    return false;
  }
}

/** By an address: nginx would need a resolver for a name. */
function isResponderUrl(value: string): boolean {
  const [, bracketed, plain, port] = /^http:\/\/(?:\[([0-9A-Fa-f:]+)\]|([0-9.]+))(?::(\d{1,5}))?\/ocsp$/.exec(value) ?? [];
  return (isIpv6(bracketed ?? "") || isIpv4(plain ?? "")) && Number(port ?? 80) <= 65_535;
}
