import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { posix } from "node:path";
import { readDump } from "../settings/dump.js";
import type { Listen } from "../settings/listen.js";
import { trustFilesOf } from "../settings/place.js";
import { type Server, type Socket, serversOf } from "../settings/server.js";
import { readTrustFiles } from "../settings/trust.js";
import { isDoor } from "../settings/verification.js";
import { CHECK_PATH, hasRule } from "./rule.js";

/** One way to a check location. */
export interface DoorAddress {
  /** For people. */
  readonly label: string;
  readonly to: { readonly host: string; readonly port: number } | { readonly path: string };
  /** The name of the handshake and of the request; undefined: the socket's default server. */
  readonly name: string | undefined;
  /** A line of the PROXY protocol has to come first. */
  readonly proxyProtocol: boolean;
}

/** What nginx's settings say about canaries. */
export interface Doors {
  /** Servers that let devices in, and canaries as well: for people. */
  readonly open: readonly string[];
  /** Where a canary can be tried. */
  readonly addresses: readonly DoorAddress[];
  /** Where it can't: for people. */
  readonly untried: readonly string[];
}

/** Finds the doors in what `nginx -T` prints. Throws SettingsError. */
export async function findDoors(dump: string, dir: string): Promise<Doors> {
  const { directives, prefix } = readDump(dump);
  const servers = serversOf(directives);
  const folder = posix.resolve(dir);
  const files = servers.flatMap((server) => trustFilesOf(server, prefix));
  const trust = await readTrustFiles(files, `${folder}/devices-ca.pem`, (file) => readFile(file, "latin1").catch(() => undefined));
  const doors = servers.filter((server) => isDoor(server, { dir: folder, prefix, trust, kept: true }) && !answersItself(server));
  const sockets = servers.flatMap((server) => server.sockets);
  const addresses: DoorAddress[] = [];
  const untried: string[] = [];
  const refuses = (door: Server) => hasRule(door.own, folder) && hasCheck(door);
  for (const door of doors.filter(refuses)) {
    const found = addressesOf(door, servers, sockets);
    addresses.push(...found);
    if (found.length === 0) untried.push(door.label);
  }
  return { open: doors.filter((door) => !refuses(door)).map(({ label }) => label), addresses, untried };
}

/** `return 444;` in the server itself: no location is ever looked for, and nobody gets anything. */
function answersItself({ protocol, own }: Server): boolean {
  return protocol === "http" && own.some(({ name, args: [code = ""] }) => name === "return" && /^[45]\d\d$/.test(code));
}

/**
 * The location that the rule leaves open, which has to answer by itself: the rule compares the path as nginx has cleaned it, and a backend would
 * get what the client wrote (`/api/..%2flatchkey-check`).
 */
function hasCheck({ own }: Server): boolean {
  return own.some(
    ({ name, args, block = [] }) =>
      name === "location" && args.join(" ") === `= ${CHECK_PATH}` && block.some((inner) => inner.name === "return"),
  );
}

function addressesOf(door: Server, servers: readonly Server[], all: readonly Listen[]): DoorAddress[] {
  const name = nameOf(door);
  return door.sockets
    .filter((socket) => socket.tls === "yes" && socket.transport === "tcp" && socket.ports[0] === socket.ports[1])
    .filter((socket) => name !== undefined || socket.isDefault)
    .flatMap((socket) => {
      const to = reach(socket, all);
      if (to === undefined) return [];
      return [{ label: `${name ?? door.label} (${socket.text})`, to, name, proxyProtocol: speaksProxyProtocol(socket, servers) }];
    });
}

/** Where this host reaches a socket; undefined when another one is nearer there. */
function reach({ host, ports: [port] }: Socket, all: readonly Listen[]): DoorAddress["to"] | undefined {
  if (host.kind === "file") return { path: host.path };
  if (host.kind === "name") return { host: host.name, port };
  const loopback = host.address === "0.0.0.0" ? "127.0.0.1" : host.address === "::" ? "::1" : undefined;
  if (loopback === undefined) return { host: host.address, port };
  const isTaken = all.some((other) => other.host.kind === "address" && other.host.address === loopback && other.ports[0] === port);
  return isTaken ? undefined : { host: loopback, port };
}

/** One server of a socket says it for all of them. */
function speaksProxyProtocol({ text }: Listen, servers: readonly Server[]): boolean {
  return servers
    .flatMap(({ own }) => own)
    .some(({ name, args }) => name === "listen" && args[0] === text && args.includes("proxy_protocol"));
}

/** A name by which the server is found: its first, or one that its wildcard takes in. */
function nameOf({ own }: Server): string | undefined {
  const names = own.filter(({ name }) => name === "server_name").flatMap(({ args }) => args);
  const isHost = (text: string) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text) && isIP(text) === 0;
  const wildcard = names.find((name) => /^(\*?\.)/.test(name) && isHost(name.replace(/^\*?\./, "")));
  return names.find(isHost) ?? wildcard?.replace(/^\*?\./, "latchkey-canary.");
}
