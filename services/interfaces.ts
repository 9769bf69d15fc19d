import { existsSync, readFileSync } from "node:fs";
import type { NetworkInterfaceInfo, networkInterfaces } from "node:os";

/** Which of this host's interfaces lead into the house. */

export type Interfaces = ReturnType<typeof networkInterfaces>;

/** Container bridges and tunnels: who comes through them is not in the house. */
const FOREIGN_INTERFACE = /^(docker|br-|veth|podman|cni|virbr|lxc|lxd|flannel|cali|tun|tap|wg|tailscale|zt|ppp|utun)/;

/** The addresses of all interfaces that are no bridge to containers and no tunnel; those of the way to the internet first. */
export function houseAddresses(interfaces: Interfaces, defaultRoutes: readonly string[] = []): NetworkInterfaceInfo[] {
  const rank = (name: string) => (defaultRoutes.includes(name) ? 0 : 1);
  return Object.entries(interfaces)
    .filter(([name]) => !FOREIGN_INTERFACE.test(name))
    .toSorted(([one], [other]) => rank(one) - rank(other))
    .flatMap(([, addresses]) => addresses ?? []);
}

/** The interfaces of the default routes, from the kernel's table (Linux). Elsewhere there is none to read. */
export function defaultRouteInterfaces(): string[] {
  return routes().flatMap(([name = "", destination]) => (destination === "00000000" ? [name] : []));
}

/** The IPv4 routes, field by field: interface, destination, gateway … */
export function routes(): string[][] {
  return linesOf("/proc/net/route")
    .slice(1)
    .map((line) => line.split(/\s+/));
}

/** No such table on this system; or none for a process whose permissions were made while there was none. */
const NO_TABLE = new Set(["ENOENT", "ENOTDIR", "ERR_ACCESS_DENIED"]);

/** The lines of a file of the kernel's; none where there is no such file. Throws what else the system says: the gateway stands in it. */
export function linesOf(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (error) {
    if (NO_TABLE.has((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

/**
 * In a container, the interfaces say nothing of the house, unless they are the host's own. The engines' own signs, and the variable that podman sets (and our
 * image, for engines that set nothing): with a read-only root podman hides its file.
 */
export function isContainer(): boolean {
  return (process.env.container ?? "") !== "" || ["/.dockerenv", "/run/.containerenv"].some((path) => existsSync(path));
}
