import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { Guard } from "./guard.js";
import type { Refusals } from "./refusals.js";

const CONNECTIONS_OF_ONE = 32;

/** Before TLS: a peer that is not on the LAN gets no handshake, and no peer gets more than its share of connections. */
export function refuseStrangers(server: Server, guard: Guard, refusals: Refusals): void {
  const open = new Map<string, number>();
  server.prependListener("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    if (!guard.mayConnect(address)) {
      refusals.add("NOT_ON_LAN", address);
      socket.destroy();
      return;
    }
    const count = (open.get(address) ?? 0) + 1;
    if (count > CONNECTIONS_OF_ONE) {
      refusals.add("TOO_MANY_REQUESTS", address);
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
  // A handshake that fails is the other side's business; it must not end the service.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
}
