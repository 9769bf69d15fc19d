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
