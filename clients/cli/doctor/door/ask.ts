import { isIP } from "node:net";
import * as tls from "node:tls";
import { CommandError } from "../../error.js";
import { INTERRUPTED } from "../stop.js";
import type { DoorPlace } from "./place.js";

/** A certificate with its key, PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export type TlsVersion = "TLSv1.2" | "TLSv1.3";

export interface Question {
  readonly identity?: Identity | undefined;
  readonly version?: TlsVersion;
  /** A session to be resumed. */
  readonly session?: Buffer | undefined;
  readonly stop: AbortSignal;
}

export interface Answer {
  /** The HTTP status; 0 when the connection ended without one. */
  readonly status: number;
  /** The beginning of the answer's body; without an answer, what became of the connection. */
  readonly body: string;
  readonly resumed: boolean;
  /** The newest session that could be resumed. */
  readonly session: Buffer | undefined;
  /** Did the TLS handshake come to its end? */
  readonly shookHands: boolean;
}

const PATIENCE_MILLIS = 10_000;
/** Of an answer: enough to see whose it is. */
const READ_OCTETS = 16_384;

/**
 * How to reach the door. Whose certificate it shows is a check of its own: here every one is taken, and nothing secret is sent.
 */
export function tlsOptions(place: DoorPlace, { identity, version, session }: Omit<Question, "stop">): tls.ConnectionOptions {
  return {
    ...(place.connect ?? { host: place.host, port: place.port }),
    // An address is no name of a handshake (RFC 6066 §3).
    ...(isIP(place.host) === 0 ? { servername: place.host } : {}),
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: false,
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
    ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
    ...(session === undefined ? {} : { session }),
  };
}

/**
 * One GET on a connection of its own. Throws INTERRUPTED, and DEADLINE_EXCEEDED (silence is neither a yes nor a no): whatever else goes
 * wrong is in the answer.
 */
export function ask(place: DoorPlace, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { stop } = question;
    if (stop.aborted) return reject(INTERRUPTED());
    const socket = tls.connect(tlsOptions(place, question));
    let text = "";
    let failure = "it ended the connection";
    let session: Buffer | undefined;
    let resumed = false;
    let shookHands = false;
    const interrupt = () => socket.destroy();
    stop.addEventListener("abort", interrupt, { once: true });
    let isSilent = false;
    const timer = setTimeout(() => {
      isSilent = true;
      socket.destroy();
    }, PATIENCE_MILLIS);
    socket.on("session", (given: Buffer) => {
      session = given;
    });
    socket.once("secureConnect", () => {
      shookHands = true;
      resumed = socket.isSessionReused();
      socket.write(`GET ${place.path} HTTP/1.1\r\nHost: ${place.authority}\r\nUser-Agent: latchkey-doctor\r\nConnection: close\r\n\r\n`);
    });
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.length > READ_OCTETS) socket.destroy();
    });
    socket.on("error", (error) => {
      failure = error.message;
    });
    socket.once("close", () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", interrupt);
      if (stop.aborted) return reject(INTERRUPTED());
      if (isSilent) return reject(new CommandError("DEADLINE_EXCEEDED", `The door did not answer within ${PATIENCE_MILLIS / 1000} s.`));
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
      resolve({ status, body: status === 0 ? failure : text.slice(text.indexOf("\r\n\r\n") + 4), resumed, session, shookHands });
    });
  });
}
