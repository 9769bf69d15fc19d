import { hostname, networkInterfaces } from "node:os";
import type { Settings } from "../../config.js";

/** This host's own name, if it is one that a certificate can bear. */
export function hostNames(): string[] {
  const name = hostname().toLowerCase();
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) ? [name] : [];
}

/** The name in an invitation's URL: as set, else this host's first private IPv4 address, else its name. */
export function enrollmentHost(settings: Settings): string {
  return settings.enrollment.host ?? privateAddresses()[0] ?? hostNames()[0] ?? "localhost";
}

/** All the names that the enrolment service may be reached by. */
export function enrollmentNames(settings: Settings): string[] {
  const [name] = hostNames();
  const own = name === undefined ? [] : name.includes(".") ? [name] : [name, `${name}.local`];
  return [...new Set([enrollmentHost(settings), ...own, ...privateAddresses(), "localhost", "127.0.0.1", "::1"])];
}

/** This host's own addresses on private networks (RFC 1918). */
function privateAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter(({ family, internal, address }) => family === "IPv4" && !internal && isPrivate(address)).map(({ address }) => address);
}

function isPrivate(address: string): boolean {
  const [a = 0, b = 0] = address.split(".").map(Number);
  return a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168);
}
