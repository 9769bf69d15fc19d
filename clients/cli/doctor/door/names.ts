import { lookup, Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import { type Finding, found, ok, skipped } from "../finding.js";
import { unlessStopped } from "../stop.js";
import type { Door } from "./door.js";

const DNS_PATIENCE_MILLIS = 3_000;

/** Whether the door's name leads to it: inside to the LAN address and, if asked, outside to the public one. */
export async function* lookAtNames({ place, addresses, stop }: Door): AsyncGenerator<Finding> {
  const { host } = place;
  if (isIP(host) !== 0) return yield skipped(`Names: the URL has an address (${host}), and no name.`);
  if (place.connect !== undefined && addresses.lan === undefined)
    yield skipped(`How ${host} resolves here: --connect says where the door is.`);
  else yield await lookInside(host, addresses.lan, stop);
  if (addresses.public !== undefined) yield await lookOutside(host, addresses.public, addresses.resolver, stop);
}

async function lookInside(host: string, expected: string | undefined, stop: AbortSignal): Promise<Finding> {
  const answer = await unlessStopped(stop, lookup(host, { all: true })).catch(systemError);
  if (answer instanceof Error) {
    const remedy = "Give the name a record in the DNS that this host asks, or look with --connect HOST:PORT.";
    return found("NAME_NOT_RESOLVED", `${host} does not resolve here (${answer.code ?? answer.message}).`, remedy);
  }
  const addresses = answer.map(({ address }) => address);
  const told = `${host} resolves to ${addresses.join(", ")} here`;
  if (expected === undefined || includes(addresses, expected)) return ok(`${told}.`);
  const remedy = `In the house's DNS (the router's, Pi-hole, AdGuard …) give ${host} the address ${expected}.`;
  return found(
    "NAME_NOT_LAN_ADDRESS",
    `${told}, and not to ${expected}: phones on the Wi-Fi go out to the router and back, or nowhere.`,
    remedy,
  );
}

async function lookOutside(host: string, expected: string, server: string | undefined, stop: AbortSignal): Promise<Finding> {
  if (server === undefined)
    return skipped(`How ${host} resolves outside: --public-resolver ADDRESS says whom to ask, who then learns the name.`);
  const resolver = new Resolver({ timeout: DNS_PATIENCE_MILLIS, tries: 2 });
  resolver.setServers([server]);
  const ask = expected.includes(":") ? resolver.resolve6(host) : resolver.resolve4(host);
  const answer = await unlessStopped(stop, ask).catch(systemError);
  const remedy = `Give ${host} the address ${expected} at your DNS provider; does dynamic DNS run?`;
  if (answer instanceof Error)
    return found("NAME_NOT_PUBLIC_ADDRESS", `${host} does not resolve at ${server} (${answer.code ?? answer.message}).`, remedy);
  if (includes(answer, expected)) return ok(`${host} resolves to ${expected} at ${server}.`);
  return found("NAME_NOT_PUBLIC_ADDRESS", `${host} resolves to ${answer.join(", ")} at ${server}, and not to ${expected}.`, remedy);
}

/** What DNS or the system said; anything else is thrown. */
function systemError(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  if (error.syscall === undefined) throw error;
  return error;
}

function includes(addresses: readonly string[], expected: string): boolean {
  return addresses.some((address) => sameAddress(address, expected));
}

/** IPv6 has many spellings. */
function sameAddress(a: string, b: string): boolean {
  const canonical = (address: string) => (isIP(address) === 6 ? new URL(`http://[${address.replace(/%.*/, "")}]`).hostname : address);
  return canonical(a) === canonical(b);
}
