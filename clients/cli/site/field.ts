import { BACKEND, DDCLIENT_PROTOCOLS, DNS_KINDS, DYNAMIC_DNS_KINDS, ROUTER_KINDS, ZONED } from "../../site/schema.js";

/** What `site init` wants to know. */
export type FieldName =
  | "domain"
  | "backend"
  | "lan"
  | "dns"
  | "router"
  | "wan"
  | "dynamicDns"
  | "provider"
  | "providerServer"
  | "zone"
  | "login"
  | "secretFile"
  | "publicAddress";
export type Answers = Readonly<Partial<Record<FieldName, string>>>;

/** One thing of it: by a flag, or by a question. */
export interface Field {
  readonly name: FieldName;
  readonly flag: string;
  readonly argument: string;
  readonly help: string;
  /** May depend on the answers before. */
  readonly question: string | ((answers: Answers) => string);
  /** What an empty answer means; undefined: there has to be one. `""`: it may be left out. */
  readonly fallback?: string;
  /** Where it stands in site.yaml. */
  readonly path: string;
  /** Is it asked at all, after these answers? */
  readonly when?: (answers: Answers) => boolean;
}

const has =
  (...kinds: string[]) =>
  ({ dynamicDns = "" }: Answers) =>
    kinds.includes(dynamicDns);
const isDdclient = (isMeant: (protocol: string) => boolean) => (answers: Answers) =>
  has("ddclient")(answers) && isMeant(answers.provider ?? "");
const list = (values: readonly string[]) => values.join(", ");

/** In the order of the questions. @param lanAddress this host's own, if it has one that looks right */
export function fieldsOf(lanAddress: string | undefined): readonly Field[] {
  return [
    {
      name: "domain",
      flag: "--domain",
      argument: "<name>",
      help: "the name that the house is reached by, inside and outside",
      question: "The name that the house is reached by, like home.example.com",
      path: "sites.0.domain",
    },
    {
      name: "backend",
      flag: "--backend",
      argument: "<url>",
      help: `what nginx guards (${BACKEND}, Home Assistant's own)`,
      question: "What nginx guards",
      fallback: BACKEND,
      path: "sites.0.backend",
    },
    {
      name: "lan",
      flag: "--lan",
      argument: "<address>",
      help: "the IPv4 address of nginx's host in the LAN (this host's)",
      question: "The IPv4 address of nginx's host in the LAN",
      ...(lanAddress === undefined ? {} : { fallback: lanAddress }),
      path: "lan.ipv4",
    },
    {
      name: "dns",
      flag: "--dns",
      argument: "<kind>",
      help: `what answers the house's DNS: ${list(DNS_KINDS)} (hosts)`,
      question: `What answers the house's DNS (${list(DNS_KINDS)})`,
      fallback: "hosts",
      path: "dns.kind",
    },
    {
      name: "router",
      flag: "--router",
      argument: "<kind>",
      help: `the router: ${list(ROUTER_KINDS)} (other)`,
      question: `The router (${list(ROUTER_KINDS)})`,
      fallback: "other",
      path: "router.kind",
    },
    {
      name: "wan",
      flag: "--wan",
      argument: "<interface>",
      help: "the router's interface to the internet (nftables)",
      question: "The router's interface to the internet, like eth0",
      path: "router.wan",
      when: ({ router }) => router === "nftables",
    },
    {
      name: "dynamicDns",
      flag: "--dynamic-dns",
      argument: "<kind>",
      help: `who tells the DNS where the house is: ${list(DYNAMIC_DNS_KINDS)} (none)`,
      question: `Who tells the DNS where the house is (${list(DYNAMIC_DNS_KINDS)})`,
      fallback: "none",
      path: "dynamicDns.kind",
    },
    ...providerFields(),
  ];
}

function providerFields(): readonly Field[] {
  return [
    {
      name: "provider",
      flag: "--provider",
      argument: "<name>",
      help: `ddclient's protocol (${list(DDCLIENT_PROTOCOLS)}), or the provider as OpenWrt calls it`,
      question: (answers) =>
        has("openwrt")(answers)
          ? "The provider as OpenWrt's ddns-scripts call it, like duckdns.org"
          : `ddclient's protocol (${list(DDCLIENT_PROTOCOLS)})`,
      path: "dynamicDns.protocol",
      when: has("ddclient", "openwrt"),
    },
    {
      name: "providerServer",
      flag: "--provider-server",
      argument: "<host>",
      help: "the provider's server (ddclient with dyndns2)",
      question: "The provider's server",
      path: "dynamicDns.server",
      when: isDdclient((protocol) => protocol === "dyndns2"),
    },
    {
      name: "zone",
      flag: "--zone",
      argument: "<name>",
      help: `the zone that the name is in (ddclient with ${[...ZONED].join(" or ")})`,
      question: "The zone that the name is in, like example.com",
      path: "dynamicDns.zone",
      when: isDdclient((protocol) => ZONED.has(protocol)),
    },
    {
      name: "login",
      flag: "--login",
      argument: "<name>",
      help: "the login at the provider",
      question: "The login at the provider, or Enter for none",
      fallback: "",
      path: "dynamicDns.login",
      when: has("ddclient", "openwrt"),
    },
    {
      name: "secretFile",
      flag: "--secret-file",
      argument: "<file>",
      help: "the file that holds the provider's password or token, beside site.yaml (dynamic-dns.secret)",
      question: "The file that holds (or will hold) the provider's password or token",
      fallback: "dynamic-dns.secret",
      path: "dynamicDns.passwordFile",
      when: has("duckdns", "ddclient", "openwrt"),
    },
    {
      name: "publicAddress",
      flag: "--public-address",
      argument: "<address>",
      help: "the house's own IPv4 address outside (static)",
      question: "The house's own IPv4 address outside",
      path: "dynamicDns.ipv4",
      when: has("static"),
    },
  ];
}
