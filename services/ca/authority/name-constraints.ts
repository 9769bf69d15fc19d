import { addressOctets, formatNetwork, isAddress, networkHolds, networkOctets } from "./address.js";
import { DerError } from "./der/error.js";
import { DerReader, readSequence } from "./der/reader.js";
import { contextConstructed, contextPrimitive, TAG } from "./der/tag.js";
import { isDnsName, isHostName, isWithin, parseDomain } from "./dns-name.js";

export { parseDomain };

/** What `servers` may certify: each DNS name with all below it, and the networks (CIDR). */
export interface PermittedNames {
  readonly dns: readonly string[];
  readonly addresses: readonly string[];
}

/** Names that exist in houses and nowhere on the internet (RFC 6762, RFC 8375, ICANN's `internal`, routers' habits). */
const LOCAL_NAMES = ["local", "home.arpa", "lan", "internal", "fritz.box", "localhost"] as const;
/** Private (RFC 1918, RFC 4193), link-local (RFC 3927, RFC 4291) and loopback. */
const LOCAL_NETWORKS = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "127.0.0.0/8",
  "fc00::/7",
  "fe80::/10",
  "::1/128",
] as const;

/**
 * What a site's `servers` intermediate is constrained to: its domains, this host's names (a bare host name must be
 * listed, or verifiers refuse it) and what is local everywhere. Throws DOMAIN_INVALID.
 */
export function permittedNames(domains: readonly string[], hostNames: readonly string[]): PermittedNames {
  const hosts = hostNames.map((name) => name.toLowerCase().replace(/\.$/, ""));
  // A host may bear a name that is none in the DNS (`my_pi`): nobody reaches it by that, so nothing is lost.
  const names = [...domains.map(parseDomain), ...hosts.filter((name) => isHostName(name) && !isAddress(name)), ...LOCAL_NAMES];
  const own = hosts.filter(isAddress).map((address) => `${address}/${addressOctets(address).length * 8}`);
  return {
    dns: [...new Set(names)].filter((name, _, all) => !all.some((other) => other !== name && isWithin(name, other))),
    addresses: [...LOCAL_NETWORKS, ...new Set(own.filter((network) => !isLocalNetwork(network)))],
  };
}

function isLocalNetwork(host: string): boolean {
  return LOCAL_NETWORKS.some((network) => networkHolds(network, host.slice(0, host.lastIndexOf("/"))));
}

/** Would verifiers accept this name under the constraints? A DNS name, a wildcard (what it stands for must lie inside) or an address. */
export function isPermitted(name: string, permitted: PermittedNames): boolean {
  if (isAddress(name)) return permitted.addresses.some((network) => networkHolds(network, name));
  return isDnsName(name) && permitted.dns.some((base) => isWithin(name, base));
}

const PERMITTED_SUBTREES = contextConstructed(0);
const DNS_NAME = contextPrimitive(2);
const IP_ADDRESS = contextPrimitive(7);

/** Reads the DNS names and networks of a nameConstraints extension (RFC 5280 §4.2.1.10). Throws DerError. */
export function readPermittedNames(value: Uint8Array): PermittedNames {
  const dns: string[] = [];
  const addresses: string[] = [];
  const subtrees = readSequence(value).optional(PERMITTED_SUBTREES);
  const list = new DerReader(subtrees?.content ?? new Uint8Array());
  while (!list.atEnd) {
    const subtree = list.inside(TAG.SEQUENCE);
    const { tag, content } = subtree.any();
    subtree.end();
    if (tag === DNS_NAME) dns.push(Buffer.from(content).toString("latin1"));
    if (tag === IP_ADDRESS) addresses.push(readNetwork(content));
  }
  return { dns, addresses };
}

function readNetwork(octets: Uint8Array): string {
  const network = formatNetwork(octets);
  if (network === undefined) throw new DerError("a network that is none");
  return network;
}

/** The networks as iPAddress holds them in a constraint. */
export function permittedNetworks(permitted: PermittedNames): Uint8Array[] {
  return permitted.addresses.map(networkOctets);
}
