import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as tls from "node:tls";
import { INTERRUPTED, unlessStopped } from "../stop.js";
import { type Identity, tlsOptions } from "./ask.js";
import type { DoorPlace } from "./place.js";

/** An upgrade (RFC 6455 §4.1) that was asked for, and what became of it. */
export interface Upgrade {
  /** 101 when it passed; 0 when the connection ended without an answer. */
  readonly status: number;
  readonly body: string;
  /** Waits for the end of the connection, for so long at most. */
  endsWithin(millis: number): Promise<boolean>;
  close(): void;
}

const PATIENCE_MILLIS = 10_000;
/** Of the answer: enough to see whose it is. */
const READ_OCTETS = 16_384;

/** Asks for a WebSocket, and keeps it open. Throws INTERRUPTED alone. */
export function openWebSocket(place: DoorPlace, path: string, identity: Identity, stop: AbortSignal): Promise<Upgrade> {
  return new Promise((resolve, reject) => {
    if (stop.aborted) return reject(INTERRUPTED());
    const socket = tls.connect(tlsOptions(place, { identity }));
    const interrupt = () => socket.destroy();
    stop.addEventListener("abort", interrupt, { once: true });
    const ended = new Promise<boolean>((end) => socket.once("close", () => end(true)));
    let text = "";
    let failure = "it ended the connection";
    const answer = (status: number, body: string) =>
      resolve({
        status,
        body,
        endsWithin: (millis) => unlessStopped(stop, Promise.race([ended, sleep(millis, false, { ref: false })])),
        close: () => void socket.destroy(),
      });
    socket.setTimeout(PATIENCE_MILLIS, () => socket.destroy(new Error(`no answer within ${PATIENCE_MILLIS / 1000} s`)));
    socket.once("secureConnect", () => socket.write(request(place, path)));
    socket.on("data", (chunk: Buffer) => {
      if (text.length < READ_OCTETS) text += chunk.toString("latin1");
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      // What is open may be silent for long. Of a refusal the body is wanted, which comes with it.
      if (status === 101) socket.setTimeout(0);
      answer(status, text.slice(end + 4));
    });
    socket.on("error", (error) => {
      failure = error.message;
    });
    socket.once("close", () => {
      stop.removeEventListener("abort", interrupt);
      if (stop.aborted) reject(INTERRUPTED());
      else answer(0, failure);
    });
  });
}

function request({ authority }: DoorPlace, path: string): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${authority}`,
    "User-Agent: latchkey-doctor",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
