import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { HostError } from "./host-error.js";

/** The devices that nginx has let in, by the serial number of their certificate, as its access log says. */
export interface Sightings {
  /** The serial numbers (lower-case hex) seen since the last call, each once. */
  take(): string[];
  /** Those that could not be reported: they come with the next. */
  putBack(serialNumbers: readonly string[]): void;
  close(): void;
}

/** More within a minute are not told: the next visit is. */
const MOST = 20_000;
/** What `log_format latchkey_seen '$ssl_client_verify $ssl_client_serial';` leaves at the end of a syslog message (RFC 3164). */
const SEEN = /\bSUCCESS ((?:[0-9A-Fa-f]{2}){1,20})\s*$/;

/**
 * Listens for nginx's access log (`access_log syslog:server=HOST:PORT latchkey_seen;`): no file, that would have to be rotated. Whoever else on
 * this host sends such messages can make the CA believe that a device was here, or leave no room to say who was; nothing more hangs on it. Throws HostError when the address can't be had.
 */
export async function listenForSightings(address: { readonly host: string; readonly port: number }): Promise<Sightings & { port: number }> {
  const socket = createSocket(isIPv6(address.host) ? "udp6" : "udp4");
  const seen = new Set<string>();
  socket.on("message", (message) => {
    const [, serialNumber] = SEEN.exec(message.toString("latin1")) ?? [];
    if (serialNumber !== undefined && seen.size < MOST) seen.add(serialNumber.toLowerCase());
  });
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new HostError(`--seen can't listen on ${address.host}:${address.port}: ${error.message}. Choose another port.`));
    socket.once("error", fail);
    socket.bind(address.port, address.host, () => {
      socket.off("error", fail);
      // A lost datagram is a device that is seen a moment later.
      socket.on("error", () => {});
      resolve();
    });
  });
  return {
    port: socket.address().port,
    take() {
      const taken = [...seen];
      seen.clear();
      return taken;
    },
    putBack(serialNumbers) {
      for (const serialNumber of serialNumbers) if (seen.size < MOST) seen.add(serialNumber);
    },
    close: () => void socket.close(),
  };
}
