/** `HOST:PORT` as the settings write it; an IPv6 address stands in brackets. */

export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

/** A host as it stands in a URL or before a port. */
export function formatHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** In CIDR notation: a single address is a network of one. */
export function asNetwork(text: string): string {
  return text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`;
}

/** Why a service can't listen, and what to do. */
export function explainListening(address: string, flag: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const remedy = `choose another address with ${flag} HOST:PORT.`;
  if (text.includes("EADDRINUSE")) return `Can't listen on ${address}: another program listens there. Stop that one, or ${remedy}`;
  if (text.includes("EACCES")) return `Can't listen on ${address}: this user may not take that port. Take one from 1024 on: ${remedy}`;
  if (text.includes("EADDRNOTAVAIL"))
    return `Can't listen on ${address}: this host has no such address. Look at \`ip address\`, and ${remedy}`;
  return `Can't listen on ${address}: ${text}. Look at the address, and ${remedy}`;
}
