import { isIP } from "node:net";
import { CommandError } from "../../error.js";
import { formatHostPort, parseHostPort } from "../host-port.js";

/** Where the door is, and how it is asked. */
export interface DoorPlace {
  /** The name (or address) in the URL: in the handshake, in the `Host`, and in the certificate. */
  readonly host: string;
  /** As the `Host` header has it: with the port where that is not 443. */
  readonly authority: string;
  readonly port: number;
  /** The path of the URL, with what follows. */
  readonly path: string;
  /** Where the connection goes in its place (`--connect`). */
  readonly connect: { readonly host: string; readonly port: number } | undefined;
}

/** Reads `--url` and `--connect`. Throws USAGE. */
export function parsePlace(url: string, connect: string | undefined): DoorPlace {
  if (!URL.canParse(url) || !/^https:\/\//i.test(url) || new URL(url).username !== "") {
    throw new CommandError("USAGE", `"${url}" is no address of a door: write e.g. --url https://home.example.com.`);
  }
  const { hostname, port, pathname, search } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const number = port === "" ? 443 : Number(port);
  const authority = number === 443 ? hostname : formatHostPort(host, number);
  return { host, authority, port: number, path: pathname + search, connect: connect === undefined ? undefined : parseConnect(connect) };
}

/** Reads `--lan-address` and `--public-address`. */
export function parseAddress(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (isIP(text) === 0) throw new CommandError("USAGE", `"${text}" is no IP address: write e.g. ${flag} 192.168.1.20.`);
  return text;
}

function parseConnect(text: string): { host: string; port: number } {
  const parsed = parseHostPort(text);
  if (parsed === undefined) throw new CommandError("USAGE", `"${text}" is no place to connect to: write e.g. --connect 192.168.1.20:443.`);
  return parsed;
}
