import type { Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";

/** Lets a backend listen on loopback, and echo on WebSockets; answers its port, and what ends it with all that is open. */
export async function listenAndEcho(server: Server): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket: WebSocket) => {
    socket.on("message", (message) => socket.send(message.toString()));
    // A proxy that ends it in a hurry may break the protocol.
    socket.on("error", () => socket.terminate());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a backend without a port");
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
