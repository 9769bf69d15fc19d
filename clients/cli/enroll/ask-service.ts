import { type RequestOptions, request } from "node:https";
import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import { CommandError } from "../error.js";
import { isSystemError, systemWords } from "../failure.js";
import { printable } from "../terminal.js";

export interface Question {
  readonly path: string;
  /** JSON, to be posted. Without it the question is a GET. */
  readonly body?: object;
  /** Whom this device shows itself as, in TLS. PEM. */
  readonly identity?: { readonly certificate: string; readonly key: string };
  /** When there is no answer to wait for any more. */
  readonly withinMillis?: number;
}

/** Where a service listens. */
export interface Place {
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
}

export function placeOf({ hostname, port }: URL): Place {
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port === "" ? 443 : Number(port) };
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** By what the service has to prove itself: one root alone, what this system trusts, or (for a public certificate to be fetched) nothing. */
export type Trust = { readonly root: string } | "system" | "nobody";

const LONGEST_MILLIS = 20_000;
const LARGEST_ANSWER_OCTETS = 256 * 1024;

/**
 * Asks the enrolment service once, over a connection of its own. No redirect is followed, and nothing of the question is sent before the service
 * has proved itself. Throws UNAVAILABLE, SERVER_NOT_TRUSTED, SERVICE_UNKNOWN.
 */
export function askService(
  { host, port }: Place,
  { path, body, identity, withinMillis = LONGEST_MILLIS }: Question,
  trust: Trust,
): Promise<Answer> {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const options: RequestOptions = {
    host,
    port,
    path,
    method: content === undefined ? "GET" : "POST",
    headers: { Accept: "application/json", ...(content === undefined ? {} : { "Content-Type": "application/json" }) },
    // Said although it is the default: NODE_TLS_REJECT_UNAUTHORIZED could say otherwise.
    rejectUnauthorized: trust !== "nobody",
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
    ...(typeof trust === "object" ? { ca: trust.root } : {}),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: "TLSv1.2",
    agent: false,
    signal: AbortSignal.timeout(withinMillis),
  };
  return new Promise((resolve, reject) => {
    const asked = request(options, (response) => {
      const chunks: Buffer[] = [];
      let octets = 0;
      response.on("data", (chunk: Buffer) => {
        octets += chunk.length;
        if (octets > LARGEST_ANSWER_OCTETS) response.destroy(stranger(host, port, "it answers without end"));
        else chunks.push(chunk);
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      response.on("error", (error) => reject(explain(error, host, port, undefined)));
    });
    asked.on("error", (error) =>
      reject(explain(error, host, port, trust === "nobody" ? undefined : (asked.socket as TLSSocket | null)?.authorizationError)),
    );
    asked.end(content);
  });
}

/** What answers there is not Latchkey's. */
export function stranger(host: string, port: number, why: string): CommandError {
  return new CommandError(
    "SERVICE_UNKNOWN",
    `What answers at ${host}:${port} is no enrolment service of Latchkey (${why}). Compare the link with what \`latchkey invite\` printed.`,
  );
}

/** `refused`: why the service's certificate was not trusted; it is known before the connection is given up because of it. */
function explain(error: Error, host: string, port: number, refused: unknown): CommandError {
  if (error instanceof CommandError) return error;
  // Of a name with several addresses, each was tried.
  const cause: Error & { code?: string } = error instanceof AggregateError ? (error.errors[0] as Error) : error;
  const code = cause.code ?? "";
  if (refused) {
    return new CommandError(
      "SERVER_NOT_TRUSTED",
      `The service at ${host}:${port} can't prove that it is the house's (${printable(cause.message)}). Nothing of the invitation was sent. Somebody may stand in between; or the link names the service otherwise than its certificate.`,
      { cause },
    );
  }
  if (code === "EPROTO" || /^(ERR_SSL|HPE)_/.test(code)) return stranger(host, port, "it does not speak HTTPS");
  return new CommandError(
    "UNAVAILABLE",
    `The enrolment service at ${host}:${port} can't be reached: ${whyNot(cause)}. Is this device on the house's own network, and does Latchkey run?`,
    { cause },
  );
}

/** In a few words, why a connection did not come about. */
export function whyNot(cause: Error & { code?: string }): string {
  if (cause.name === "AbortError" || cause.name === "TimeoutError") return "no answer comes";
  return printable(isSystemError(cause) ? systemWords(cause) : cause.code === "ECONNRESET" ? "it closes the connection" : cause.message);
}
