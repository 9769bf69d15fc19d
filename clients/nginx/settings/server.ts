import { posix } from "node:path";
import type { Directive } from "./directive.js";

/** One `server { … }` with what it inherits. */
export interface Server {
  readonly place: string;
  readonly protocol: "http" | "stream";
  /** For people: its first name, or where it stands. */
  readonly label: string;
  readonly listens: readonly Listen[];
  readonly own: readonly Directive[];
  /** The directive in force: the server's own, else that of the block around it. */
  setting(name: string): Directive | undefined;
  /** All directives of a name in force: those of the nearest level that has any. */
  settings(name: string): readonly Directive[];
}

export interface Listen {
  /** The port, or `unix:/path`: servers with the same share their connections' first TLS settings. */
  readonly socket: string;
  readonly isTls: boolean;
  readonly place: string;
}

/** All servers of `http` and `stream`, in the order of the configuration. */
export function serversOf(configuration: readonly Directive[]): Server[] {
  return configuration.flatMap((context) => {
    if ((context.name !== "http" && context.name !== "stream") || context.block === undefined) return [];
    const outer = context.block;
    const protocol = context.name;
    return outer.flatMap((directive) =>
      directive.name === "server" && directive.block !== undefined ? [createServer(protocol, directive, directive.block, outer)] : [],
    );
  });
}

function createServer(protocol: "http" | "stream", server: Directive, own: readonly Directive[], outer: readonly Directive[]): Server {
  const settings = (name: string) => {
    const inside = own.filter((directive) => directive.name === name);
    return inside.length > 0 ? inside : outer.filter((directive) => directive.name === name);
  };
  const setting = (name: string) => settings(name).at(-1);
  const name = own.find((directive) => directive.name === "server_name")?.args[0];
  // Until 1.25, `ssl on;` turned TLS on for every address at once.
  const isTls = isOn(setting("ssl"));
  const listens = own.filter((directive) => directive.name === "listen").map((listen) => parseListen(listen, isTls));
  return {
    place: server.place,
    protocol,
    label: name === undefined || name === "_" || name === "" ? `the server at ${server.place}` : `server ${name} (${server.place})`,
    listens: listens.length > 0 || protocol === "stream" ? listens : [{ socket: "80", isTls, place: server.place }],
    own,
    setting,
    settings,
  };
}

/** `listen 443 ssl`, `listen [::]:443 quic`, `listen unix:/path`, `listen example.org` (port 80). */
function parseListen({ args: [address = "", ...flags], place }: Directive, isTls: boolean): Listen {
  const port = /^\d+$/.exec(address)?.[0] ?? /:(\d+)$/.exec(address.replace(/^\[[^\]]*\]/, ""))?.[1] ?? "80";
  return { socket: address.startsWith("unix:") ? address : port, isTls: isTls || flags.includes("ssl") || flags.includes("quic"), place };
}

/** nginx's flags are `on` and `off`, in any case. */
export function isOn(directive: Directive | undefined): boolean {
  return directive?.args[0]?.toLowerCase() === "on";
}

export function isOff(directive: Directive | undefined): boolean {
  return directive?.args[0]?.toLowerCase() === "off";
}

/** A file that a directive names, absolute: nginx takes it from the main configuration file's folder. */
export function fileOf(directive: Directive | undefined, prefix: string): string | undefined {
  const [file] = directive?.args ?? [];
  return file === undefined ? undefined : posix.resolve(prefix, file);
}
