import type { Hole } from "./hole.js";
import { auditUnknownTls } from "./known-directives.js";
import { shares } from "./listen.js";
import type { Place } from "./place.js";
import { isOn, type Server, type Socket } from "./server.js";
import { auditSessions, mayResume } from "./sessions.js";
import { auditTls } from "./tls.js";
import { isDoor, verifies } from "./verification.js";

/**
 * Other servers on the door's sockets. A handshake begins with the settings of the socket's default server, and stays with them when
 * the client names no server, or one that is not there; the request then goes to the server that its Host names. Of a certificate nginx
 * asks there only whether one was verified, not by whom: so whoever the default server trusts is in.
 */
export function auditNeighbours(door: Server, servers: readonly Server[], place: Place): Hole[] {
  const around = servers.filter((other) => other.protocol === door.protocol && meets(other, door));
  const begins = beginnersOf(door, around);
  const isStranger = (server: Server) => server !== door && !isDoor(server, place);
  return [
    ...begins
      .filter((server) => server !== door)
      .flatMap((server) => [...auditSessions(server), ...auditTls(server), ...auditUnknownTls(server)]),
    ...begins.filter(isStranger).flatMap((server) => auditTrust(server, door)),
    ...(begins.some(mayResume) || mayResume(door)
      ? around.filter((server) => isStranger(server) && !rejects(server)).map((server) => sharesSessions(server, door))
      : []),
  ];
}

/** One that refuses the handshake: nobody's request comes from it. */
function rejects(server: Server): boolean {
  return isOn(server.setting("ssl_reject_handshake"));
}

function tlsSocketsOf(door: Server): Socket[] {
  return door.sockets.filter(({ tls }) => tls !== "no");
}

function meets(other: Server, door: Server): boolean {
  return tlsSocketsOf(door).some((socket) => other.sockets.some((theirs) => shares(socket, theirs) !== "no"));
}

/** Who may be the default server of one of the door's sockets: the first one there, unless one says so of itself. */
function beginnersOf(door: Server, around: readonly Server[]): Server[] {
  const all = tlsSocketsOf(door).flatMap((socket) => {
    const there = around.flatMap((server) =>
      server.sockets.map((theirs) => ({ server, theirs, shared: shares(socket, theirs) })).filter(({ shared }) => shared !== "no"),
    );
    // A name or a range of ports leaves open who meets where.
    const isClear = there.every(({ theirs, shared }) => shared === "yes" && theirs.ports[0] === theirs.ports[1]);
    const first = there.find(({ theirs }) => theirs.isDefault) ?? there[0];
    return isClear && first !== undefined ? [first.server] : there.map(({ server }) => server);
  });
  return [...new Set(all)];
}

function auditTrust(server: Server, door: Server): Hole[] {
  // Only HTTP has a Host: elsewhere a connection stays with the server that it began with.
  if (door.protocol !== "http" || rejects(server) || !verifies(server)) return [];
  return [
    {
      code: "NEIGHBOUR_TRUSTS_OTHERS",
      message: `${server.setting("ssl_verify_client")?.place ?? server.place}: handshakes for ${door.label} begin with ${server.label}, which verifies by other CAs: a client of theirs that names no server in its handshake is let in at the door.`,
      remedy:
        "Put first on this port a server that refuses such handshakes: `listen … ssl default_server; ssl_reject_handshake on;` (`latchkey-nginx config` prints one). Or give the other server a port of its own.",
    },
  ];
}

function sharesSessions(server: Server, door: Server): Hole {
  return {
    code: "SERVER_WITHOUT_VERIFICATION",
    message: `${server.label} shares a port with ${door.label} and asks for no device certificate: before nginx 1.26.3 and 1.27.4 a TLS session begun there can be resumed at the door (CVE-2025-23419).`,
    remedy:
      "Write in the door and in the default server of its port: ssl_session_cache off; ssl_session_tickets off; (or give the other server a port of its own)",
  };
}
