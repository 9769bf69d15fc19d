import { existsSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { asNetwork, hostOf } from "../../address.js";
import type { Settings } from "../../config.js";
import { defaultRouteInterfaces, houseAddresses, type Interfaces, isContainer } from "../../interfaces.js";
import { isAddress, networkHolds } from "../authority/address.js";
import { isPermitted, type PermittedNames } from "../authority/name-constraints.js";

/** What this host knows of where it is. */
export interface Surroundings {
  readonly hostName: string;
  readonly interfaces: Interfaces;
  /** The interfaces of the way to the internet. */
  readonly defaultRoutes: readonly string[];
  readonly inContainer: boolean;
  /** Does something here answer for `<host>.local`? */
  readonly hasMdns: boolean;
}

/** Where phones find the enrolment service. */
export interface EnrollmentPlace {
  /** In an invitation's URL. */
  readonly host: string;
  /** All the names that it may be reached by: its certificate's, and the Host headers that it answers to. The host comes first. */
  readonly names: readonly string[];
  /** Why phones may not find it by that host, if so. */
  readonly problem?: { readonly code: "ENROLLMENT_HOST_NOT_PERMITTED" | "ENROLLMENT_HOST_UNKNOWN"; readonly message: string };
}

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/**
 * The host is the one that is set; else the one address that is listened on; else this host's address in the house, which a phone
 * reaches whatever it knows of names; else a name that something answers for. A name that `servers` may not certify is left out.
 */
export function enrollmentPlace(settings: Settings, permitted: PermittedNames, here = lookAround()): EnrollmentPlace {
  const { listen, tls } = settings.enrollment;
  const host = settings.enrollment.host?.toLowerCase();
  const mayBear = (name: string) => isPermitted(name, permitted);
  // A certificate of the user's own is for names that are none of our business.
  const chosen = host !== undefined && (tls !== undefined || mayBear(host)) ? [host] : [];
  const listened = isEverywhere(hostOf(listen)) ? [] : [hostOf(listen)];
  const addresses = addressesInTheHouse(settings, here);
  const named = hostNames(here.hostName);
  const answered = [
    ...named.filter(isInDns),
    ...(here.hasMdns ? named.filter((name) => !name.includes(".")).map((name) => `${name}.local`) : []),
  ];
  const [found] = [...chosen, ...[...listened, ...addresses, ...answered].filter(mayBear)];
  const best = found ?? named.find(mayBear) ?? "localhost";
  const own = named.flatMap((name) => (name.includes(".") ? [name] : [name, `${name}.local`]));
  const names = [
    ...[
      ...own,
      ...(settings.devices.host === undefined ? [] : [settings.devices.host.toLowerCase()]),
      ...listened,
      ...addresses.filter((address) => !address.includes(":")),
    ].filter(mayBear),
    ...LOOPBACK,
  ];
  return { host: best, names: [...new Set([best, ...names])], ...problemOf(host, chosen, found, best) };
}

/** What `servers` must be able to certify from the first run on, beside the domains and what is local everywhere. */
export function ownNames(settings: Settings, here = lookAround()): string[] {
  const { host } = settings.enrollment;
  return [...hostNames(here.hostName), ...(host === undefined ? [] : [host]), ...addressesInTheHouse(settings, here)];
}

function problemOf(
  wanted: string | undefined,
  chosen: readonly string[],
  found: string | undefined,
  best: string,
): Pick<EnrollmentPlace, "problem"> {
  if (wanted !== undefined && chosen.length === 0) {
    const message = `${wanted} is not permitted yet, so that invitations say ${best}: \`latchkey domain add\` with its domain makes it so.`;
    return { problem: { code: "ENROLLMENT_HOST_NOT_PERMITTED", message } };
  }
  if (found !== undefined) return {};
  const message = `No address of this host in the house is known, so that invitations say ${best}, which phones can hardly find: name the address or the name by which they reach this host (--enroll-host).`;
  return { problem: { code: "ENROLLMENT_HOST_UNKNOWN", message } };
}

/** This host's addresses on the LAN, as that is set; else the private ones (RFC 1918, then RFC 4193). In a container they say nothing. */
function addressesInTheHouse({ enrollment: { lan } }: Settings, here: Surroundings): string[] {
  if (lan === undefined && here.inContainer) return [];
  const isThere = (address: string, internal: boolean) =>
    lan === undefined ? !internal && isPrivate(address) : lan.some((network) => networkHolds(asNetwork(network), address));
  const addresses = houseAddresses(here.interfaces, here.defaultRoutes)
    .filter(({ address, internal }) => isAddress(address) && isThere(address, internal))
    .map(({ address }) => address);
  return [...addresses.filter((address) => !address.includes(":")), ...addresses.filter((address) => address.includes(":"))];
}

const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

function isPrivate(address: string): boolean {
  return PRIVATE.some((network) => networkHolds(network, address));
}

function isEverywhere(host: string): boolean {
  return host === "::" || host === "0.0.0.0";
}

/** This host's own name, if it is one that a certificate can bear. */
function hostNames(text: string): string[] {
  const name = text.toLowerCase();
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) ? [name] : [];
}

/** A name with a domain, that the house's DNS may know. `localhost.localdomain` is what hosts are called that have none. */
function isInDns(name: string): boolean {
  return name.includes(".") && !/(^|\.)(localhost|localdomain|local)$/.test(name);
}

function lookAround(): Surroundings {
  return {
    hostName: hostname(),
    interfaces: networkInterfaces(),
    defaultRoutes: defaultRouteInterfaces(),
    inContainer: isContainer(),
    hasMdns: process.platform === "darwin" || existsSync("/run/avahi-daemon/socket"),
  };
}
