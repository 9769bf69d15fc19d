import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";
import { houseAddresses, type Interfaces, isContainer, linesOf, routes } from "../interfaces.js";

/** Who counts as being on the LAN. */
export interface Lan {
  /** The networks, in CIDR notation: for people. */
  readonly networks: readonly string[];
  /** What a person must be told of it. */
  readonly warning?: string;
  has(address: string): boolean;
}

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Private (RFC 1918), unique local (RFC 4193), link-local and loopback: what a house uses inside. */
const PRIVATE_RANGES = new Set(["private", "uniqueLocal", "linkLocal", "loopback"]);
const LOOPBACK = ["127.0.0.0/8", "::1/128"];
const CONTAINER_WARNING =
  "This is a container, where the LAN can't be told from the rest: no phone can enrol yet. Name the LAN (--lan 192.168.1.0/24), and use the host's network, macvlan, or a trusted proxy: docs/containers.md.";

export class LanError extends Error {
  override readonly name = "LanError";
  readonly code = "SETTINGS_INVALID";
}

/** The networks that the user has set. Throws LanError for what is no network. */
export function configuredLan(cidrs: readonly string[]): Lan {
  return lanOf(cidrs.map(parseNetwork), new Set());
}

/**
 * The LAN as the user has set it. In a container the default gateway may be the engine's: behind its NAT strangers look like it, as phones do. So its
 * address counts only where it is named by itself (`192.168.1.1/32`). Throws LanError for what is no network.
 */
export function namedLan(cidrs: readonly string[], gateways: ReadonlySet<string> = isContainer() ? defaultGateways() : new Set()): Lan {
  const networks = cidrs.map(parseNetwork);
  const alone = networks.filter(([network, bits]) => bits === network.toByteArray().length * 8).map(([network]) => network.toString());
  const strangers = new Set([...gateways].filter((gateway) => !alone.includes(gateway)));
  const named = lanOf(networks, new Set());
  const [refused] = [...strangers].filter(named.has);
  const lan = lanOf(networks, strangers);
  return refused === undefined ? lan : { ...lan, warning: gatewayWarning(refused) };
}

function gatewayWarning(gateway: string): string {
  return `${gateway} is this container's gateway, and not on the LAN although it lies in enrollment.lan: behind the engine's NAT strangers look like it, as phones do. docs/containers.md says how they are told apart.`;
}

/**
 * The networks of this host's own interfaces that are private, without container bridges and tunnels, and without the
 * default gateway's own addresses: hairpin and source NAT make strangers look like it. In a container every peer looks like
 * the engine's gateway, strangers too: there nobody but this host itself counts, until the LAN is named.
 */
export function automaticLan(
  interfaces: Interfaces = networkInterfaces(),
  gateways: ReadonlySet<string> = defaultGateways(),
  inContainer = isContainer(),
): Lan {
  if (inContainer) return { ...configuredLan(LOOPBACK), warning: CONTAINER_WARNING };
  const networks: Network[] = [];
  for (const { cidr, address } of houseAddresses(interfaces)) {
    if (cidr !== null && PRIVATE_RANGES.has(ipaddr.process(withoutZone(address)).range())) networks.push(parseNetwork(cidr));
  }
  return lanOf(networks, new Set([...gateways, ...likelyAddresses(gateways, networks)]));
}

/**
 * A router that announces itself (RFC 4861 §4.2) is known by its link-local address alone; whom it hides comes from its address in one of our networks.
 * Nothing tells that one, but routers have it end as the link-local address does, or in ::1.
 */
function likelyAddresses(gateways: ReadonlySet<string>, networks: readonly Network[]): string[] {
  const linkLocal = [...gateways].map((gateway) => ipaddr.parse(gateway)).filter((gateway) => gateway.range() === "linkLocal");
  const endings = linkLocal.length === 0 ? [] : [...linkLocal, ipaddr.parse("::1")].map((address) => address.toByteArray().slice(8));
  return networks.flatMap(([own, bits]) => {
    if (own.kind() === "ipv4" || bits > 64 || own.range() !== "uniqueLocal") return [];
    const addresses = endings.map((ending) => ipaddr.fromByteArray([...own.toByteArray().slice(0, 8), ...ending]).toString());
    return addresses.filter((address) => address !== own.toString());
  });
}

function lanOf(networks: readonly Network[], strangers: ReadonlySet<string>): Lan {
  return {
    networks: [...new Set(networks.map(([network, bits]) => `${network}/${bits}`))],
    has(text) {
      const address = parseAddress(text);
      if (address === undefined || strangers.has(address.toString())) return false;
      return networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
    },
  };
}

/** An address as the kernel says it: IPv4-mapped IPv6 is IPv4, a zone is left out. */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const address = withoutZone(text.trim());
  // `isValid` would take "1" and "0x7f.1", which are addresses to nobody who means it.
  return ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address) ? ipaddr.process(address) : undefined;
}

/** One spelling for one address, whichever way the kernel says it. */
export function normalAddress(text: string): string {
  return parseAddress(text)?.toString() ?? "unknown";
}

/** The /64 that an IPv6 address lies in; IPv4 is counted by the address itself. */
export function networkOf(text: string): string {
  const address = parseAddress(text);
  if (address === undefined || address instanceof ipaddr.IPv4) return normalAddress(text);
  return `${address.toNormalizedString().split(":").slice(0, 4).join(":")}::/64`;
}

function parseNetwork(cidr: string): Network {
  try {
    const [address, bits] = ipaddr.parseCIDR(withoutZone(cidr));
    if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) return [address.toIPv4Address(), Math.max(0, bits - 96)];
    return [address, bits];
  } catch {
    throw new LanError(`"${cidr}" is no network: write it like 192.168.1.0/24 or fd00::/8.`);
  }
}

function withoutZone(text: string): string {
  return text.replace(/%[^/]*/, "");
}

/** From the kernel's routing tables (Linux): the next hops of default routes. Elsewhere there are none to read. */
function defaultGateways(): Set<string> {
  const gateways = new Set<string>();
  for (const [, destination, gateway = ""] of routes()) {
    if (destination !== "00000000" || !/^[0-9A-F]{8}$/i.test(gateway)) continue;
    // In the host's byte order: little-endian on every machine that this runs on.
    gateways.add([...Buffer.from(gateway, "hex")].toReversed().join("."));
  }
  for (const line of linesOf("/proc/net/ipv6_route")) {
    const [destination, bits, , , gateway = ""] = line.trim().split(/\s+/);
    if (destination === "0".repeat(32) && bits === "00" && gateway !== "0".repeat(32) && /^[0-9a-f]{32}$/.test(gateway)) {
      gateways.add(ipaddr.parse(gateway.match(/.{4}/g)?.join(":") ?? "::").toString());
    }
  }
  return gateways;
}
