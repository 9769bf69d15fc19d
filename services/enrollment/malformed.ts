import { STATUS_CODES } from "node:http";
import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { Refusals } from "./refusals.js";

/** What Node's parser says of what is no whole request: the status, and the reason that it is counted by. */
const ANSWERS: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "MESSAGE_TOO_LARGE"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "MESSAGE_TOO_LARGE"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "FIELD_INVALID"],
};
const MALFORMED = [400, "FIELD_INVALID"] as const;

/** What does not come as far as a request: it is counted, and its connection ends, as whatever follows on it can't be told from a part of it. */
export function refuseMalformed(server: Server, refusals: Refusals): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    const [status, reason] = ANSWERS[error.code ?? ""] ?? MALFORMED;
    refusals.add(reason, socket.remoteAddress ?? "");
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    // Who goes on sending is not read on.
    socket.destroySoon();
  });
  // A handshake that fails is the other side's business; it must not end the service.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
}
