import type { Hole } from "./hole.js";
import { isOff, isOn, type Server } from "./server.js";

/**
 * TLS sessions that outlive a reload: who was let in once resumes without the CRL being asked.
 * The settings of every server on the door's ports count: a handshake begins with those of the port's default server, whatever
 * name it asks for.
 */
export function auditSessions(server: Server): Hole[] {
  const holes: Hole[] = [];
  const cache = server.setting("ssl_session_cache");
  if (cache?.args.some((arg) => arg.startsWith("shared:"))) {
    holes.push({
      code: "SHARED_SESSION_CACHE",
      message: `${cache.place}: ssl_session_cache ${cache.args.join(" ")} keeps TLS sessions over a reload: a revoked device goes on resuming its own.`,
      remedy: "Write: ssl_session_cache off; ssl_session_tickets off;",
    });
  }
  const key = server.setting("ssl_session_ticket_key");
  if (key !== undefined && !isOff(server.setting("ssl_session_tickets"))) {
    holes.push({
      code: "SESSION_TICKET_KEY",
      message: `${key.place}: ssl_session_ticket_key keeps session tickets good over a reload: a revoked device goes on resuming its session.`,
      remedy: "Remove ssl_session_ticket_key, and write: ssl_session_tickets off;",
    });
  }
  return holes;
}

/** Can a session begun with this server be resumed at all? Tickets are on unless turned off. */
export function mayResume(server: Server): boolean {
  const caches = server.setting("ssl_session_cache")?.args.some((arg) => arg.startsWith("shared:") || arg.startsWith("builtin"));
  return !isOff(server.setting("ssl_session_tickets")) || caches === true;
}

/** Another server on a door's port that asks for no certificate of ours: CVE-2025-23419 lets its sessions be resumed at the door. */
export function auditNeighbour(neighbour: Server, door: Server): Hole[] {
  if (isOn(neighbour.setting("ssl_reject_handshake")) || !(mayResume(neighbour) || mayResume(door))) return [];
  return [
    {
      code: "SERVER_WITHOUT_VERIFICATION",
      message: `${neighbour.label} shares a port with ${door.label} and asks for no device certificate: before nginx 1.26.3 and 1.27.4 a TLS session begun there can be resumed at the door (CVE-2025-23419).`,
      remedy:
        "Write in both servers: ssl_session_cache off; ssl_session_tickets off; (or give the other server a port of its own, or ssl_reject_handshake on)",
    },
  ];
}
