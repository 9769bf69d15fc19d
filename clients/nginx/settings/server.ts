import type { Directive } from "./directive.js";
import { defaultListen, type Listen, parseListen, shares } from "./listen.js";

const PROTOCOLS = ["http", "stream", "mail"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** One `server { … }` with what it inherits. */
export interface Server {
  readonly place: string;
  readonly protocol: Protocol;
  /** For people: its first name, or where it stands. */
  readonly label: string;
  readonly sockets: readonly Socket[];
  readonly own: readonly Directive[];
  /** What stands in the block around it. */
  readonly outer: readonly Directive[];
  /** The directive in force: the server's own, else that of the block around it. */
  setting(name: string): Directive | undefined;
  /** All directives of a name in force: those of the nearest level that has any. */
  settings(name: string): readonly Directive[];
}

/** A `listen`, with what the servers that share it make of it. */
export interface Socket extends Listen {
  /** nginx speaks TLS there as soon as one of the servers says so. `perhaps`: a name in `listen` leaves it open. */
  readonly tls: "yes" | "perhaps" | "no";
}

/** All servers of `http`, `stream` and `mail`, in the order of the configuration. */
export function serversOf(configuration: readonly Directive[]): Server[] {
  return PROTOCOLS.flatMap((protocol) => {
    const found = configuration
      .filter(({ name }) => name === protocol)
      .flatMap(({ block: outer = [] }) =>
        outer.filter(({ name }) => name === "server").map((server) => ({ server, outer, listens: listensOf(protocol, server, outer) })),
      );
    const all = found.flatMap(({ listens }) => listens);
    return found.map(({ server, outer, listens }) =>
      createServer(
        protocol,
        server,
        outer,
        listens.map((listen) => ({ ...listen, tls: tlsOf(listen, all) })),
      ),
    );
  });
}

function createServer(protocol: Protocol, { place, block: own = [] }: Directive, outer: readonly Directive[], sockets: Socket[]): Server {
  const name = own.find((directive) => directive.name === "server_name")?.args[0];
  return {
    place,
    protocol,
    label: name === undefined || name === "_" || name === "" ? `the server at ${place}` : `server ${name} (${place})`,
    sockets,
    own,
    outer,
    settings: (wanted) => inForce(wanted, own, outer),
    setting: (wanted) => inForce(wanted, own, outer).at(-1),
  };
}

/** What stands in the innermost of these blocks that has any. */
export function inForce(name: string, ...blocks: readonly (readonly Directive[])[]): readonly Directive[] {
  return blocks.map((block) => block.filter((directive) => directive.name === name)).find((found) => found.length > 0) ?? [];
}

function listensOf(protocol: Protocol, { place, block: own = [] }: Directive, outer: readonly Directive[]): Listen[] {
  // Until 1.25, `ssl on;` turned TLS on for every address at once.
  const saysTls = isOn(inForce("ssl", own, outer).at(-1));
  const listens = own.filter(({ name }) => name === "listen").map((listen) => parseListen(listen, saysTls));
  return listens.length > 0 || protocol !== "http" ? listens : [defaultListen(place, saysTls)];
}

/** `ssl` at any server of a socket counts for all of them (ngx_http_add_addresses). */
function tlsOf(listen: Listen, all: readonly Listen[]): Socket["tls"] {
  const speakers = all.filter(({ saysTls }) => saysTls).map((other) => shares(listen, other));
  return speakers.includes("yes") ? "yes" : speakers.includes("perhaps") ? "perhaps" : "no";
}

/** May a client speak TLS with it at all? */
export function mayBeTls(server: Server): boolean {
  return server.sockets.some(({ tls }) => tls !== "no");
}

/** nginx's flags are `on` and `off`, in any case. */
export function isOn(directive: Directive | undefined): boolean {
  return directive?.args[0]?.toLowerCase() === "on";
}

export function isOff(directive: Directive | undefined): boolean {
  return directive?.args[0]?.toLowerCase() === "off";
}
