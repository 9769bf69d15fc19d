import { isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";

/** IPv4 in dotted decimal, or IPv6 without a zone (a zone means something on one host only). */
export function isAddress(text: string): boolean {
  return isIPv4(text) || (text.includes(":") && !text.includes("%") && ipaddr.IPv6.isValid(text));
}

/** An address as iPAddress holds it (RFC 5280 §4.2.1.6): 4 or 16 octets in network order. `text` must be an address. */
export function addressOctets(text: string): Uint8Array {
  return Uint8Array.from(ipaddr.parse(text).toByteArray());
}

/** The one form that an address is written in here: dotted decimal, or RFC 5952. `octets` are 4 or 16. */
export function formatAddress(octets: Uint8Array): string {
  return ipaddr.fromByteArray([...octets]).toString();
}

/** A network in CIDR notation as name constraints hold it (RFC 5280 §4.2.1.10): address, then mask. */
export function networkOctets(cidr: string): Uint8Array {
  const [base, bits] = ipaddr.parseCIDR(cidr);
  const address = base.toByteArray();
  const mask = address.map((_, index) => maskOctet(bits - index * 8));
  return Uint8Array.from([...address.map((octet, index) => octet & (mask[index] ?? 0)), ...mask]);
}

/** The reverse of `networkOctets`; undefined unless the octets are an address and a mask of leading ones. */
export function formatNetwork(octets: Uint8Array): string | undefined {
  const size = octets.length / 2;
  if (size !== 4 && size !== 16) return undefined;
  const mask = [...octets.subarray(size)].map((octet) => octet.toString(2).padStart(8, "0")).join("");
  const bits = mask.replace(/0+$/, "").length;
  return mask.slice(0, bits).includes("0") ? undefined : `${formatAddress(octets.subarray(0, size))}/${bits}`;
}

/** Does the network hold the address? An IPv4-mapped IPv6 address is an IPv6 address: verifiers compare octets of the same length. */
export function networkHolds(cidr: string, address: string): boolean {
  // Before anything is parsed.
  if (cidr.includes(":") !== address.includes(":")) return false;
  const network = networkOctets(cidr);
  const octets = addressOctets(address);
  if (network.length !== 2 * octets.length) return false;
  return octets.every((octet, index) => (octet & (network[octets.length + index] ?? 0)) === network[index]);
}

function maskOctet(bits: number): number {
  const ones = Math.min(Math.max(bits, 0), 8);
  return 0xff & (0xff << (8 - ones));
}
