import { isIP } from "node:net";
import type { Readable } from "node:stream";

/** The longest line of version 1: "PROXY UNKNOWN", two IPv6 addresses, two ports, CR LF. */
const LONGEST_OCTETS = 107;
const TIMEOUT_MILLIS = 5_000;

/**
 * Reads the line with which a proxy says whom it speaks for (PROXY protocol, version 1: `proxy_protocol on;` in nginx, `send-proxy` in HAProxy;
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt), and leaves what follows to be read. Resolves with the client's address;
 * with undefined when there is no such line, or none that names one.
 */
export function readProxyLine(socket: Readable): Promise<string | undefined> {
  return new Promise((resolve) => {
    let seen = Buffer.alloc(0);
    const finish = (address: string | undefined) => {
      clearTimeout(timer);
      socket.off("readable", onReadable);
      for (const event of ["end", "close", "error"]) socket.off(event, onEnd);
      resolve(address);
    };
    const onEnd = () => finish(undefined);
    const onReadable = () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
        seen = Buffer.concat([seen, chunk as Buffer]);
        const end = seen.indexOf("\r\n");
        if (end < 0 && seen.length < LONGEST_OCTETS) continue;
        const line = end < 0 || end + 2 > LONGEST_OCTETS ? "" : seen.toString("latin1", 0, end);
        const rest = seen.subarray(end + 2);
        if (end >= 0 && rest.length > 0) socket.unshift(rest);
        return finish(clientOf(line));
      }
    };
    const timer = setTimeout(onEnd, TIMEOUT_MILLIS);
    socket.on("readable", onReadable);
    for (const event of ["end", "close", "error"]) socket.on(event, onEnd);
  });
}

/** An address without a zone, which only the proxy's host could tell. */
function clientOf(line: string): string | undefined {
  const [, family, client = "", server = "", ports] =
    /^PROXY TCP([46]) ([\da-fA-F.:]+) ([\da-fA-F.:]+) (\d{1,5} \d{1,5})$/.exec(line) ?? [];
  if (family === undefined || ports?.split(" ").some((port) => Number(port) > 65_535)) return undefined;
  return [client, server].every((address) => isIP(address) === Number(family)) ? client : undefined;
}
