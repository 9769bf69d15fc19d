import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type SecureVersion, type TLSSocket } from "node:tls";
import type { DoorAddress } from "./doors.js";
import { CHECK_PATH } from "./rule.js";

/** A certificate with its chain, and its key. PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export type Answer =
  /** Nobody is there. */
  | { readonly kind: "unreachable"; readonly detail: string }
  /** The connection ended without an answer: an alert, or nothing. */
  | { readonly kind: "ended"; readonly detail: string; readonly resumed: boolean }
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly body: string;
      readonly resumed: boolean;
      /** The newest session that could be resumed. */
      readonly session: Buffer | undefined;
    };

export interface Showing {
  readonly identity: Identity;
  readonly version?: SecureVersion;
  /** To be resumed. */
  readonly session?: Buffer;
}

/** The kernel takes a connection of its own host at once, or refuses it: what is silent longer is behind a filter. */
const CONNECT_MILLIS = 500;
const PATIENCE_MILLIS = 3_000;
const MOST_OCTETS = 16_384;

/**
 * One GET of the check location, with this certificate, on a connection of its own. Whose certificate nginx shows is not looked at: nothing
 * secret is sent, and it may be any.
 */
export function ask(door: DoorAddress, { identity, version, session }: Showing): Promise<Answer> {
  return new Promise((resolve) => {
    let reached = false;
    let tls: TLSSocket | undefined;
    let text = "";
    let newest: Buffer | undefined;
    let resumed = false;
    let failure = "it ended the connection";
    const tcp: Socket = connectTcp("path" in door.to ? { path: door.to.path } : door.to);
    const giveUp = () => {
      failure = "no answer in time";
      // A silent door is neither a yes nor a no.
      reached = false;
      (tls ?? tcp).destroy();
    };
    let timer = setTimeout(giveUp, CONNECT_MILLIS);
    const fail = (error: Error) => {
      failure = error.message;
    };
    const finish = () => {
      clearTimeout(timer);
      tcp.destroy();
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
      if (!reached) resolve({ kind: "unreachable", detail: failure });
      else if (status === 0) resolve({ kind: "ended", detail: failure, resumed });
      else resolve({ kind: "answered", status, body: text.slice(text.indexOf("\r\n\r\n") + 4), resumed, session: newest });
    };
    tcp.on("error", fail);
    tcp.once("close", () => tls === undefined && finish());
    tcp.once("connect", () => {
      reached = true;
      clearTimeout(timer);
      timer = setTimeout(giveUp, PATIENCE_MILLIS);
      if (door.proxyProtocol) tcp.write(proxyLine(door));
      tls = connectTls({
        socket: tcp,
        ...(door.name === undefined ? {} : { servername: door.name }),
        ALPNProtocols: ["http/1.1"],
        rejectUnauthorized: false,
        cert: identity.certificate,
        key: identity.key,
        ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
        ...(session === undefined ? {} : { session }),
      });
      tls.on("error", fail);
      tls.on("session", (given: Buffer) => {
        newest = given;
      });
      tls.once("secureConnect", () => {
        resumed = tls?.isSessionReused() ?? false;
        tls?.write(
          `GET ${CHECK_PATH} HTTP/1.1\r\nHost: ${door.name ?? "localhost"}\r\nUser-Agent: latchkey-nginx\r\nConnection: close\r\n\r\n`,
        );
      });
      tls.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
        if (text.length > MOST_OCTETS) tls?.destroy();
      });
      tls.once("close", finish);
    });
  });
}

/** The PROXY protocol's first version (haproxy's proxy-protocol.txt §2.1): this host, to itself. */
function proxyLine({ to }: DoorAddress): string {
  if ("path" in to || isIP(to.host) === 0) return "PROXY UNKNOWN\r\n";
  return isIP(to.host) === 6 ? `PROXY TCP6 ::1 ${to.host} 1 ${to.port}\r\n` : `PROXY TCP4 127.0.0.1 ${to.host} 1 ${to.port}\r\n`;
}
