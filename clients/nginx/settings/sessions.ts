import type { Directive } from "./directive.js";
import type { Hole } from "./hole.js";
import { isOff, type Server } from "./server.js";

/**
 * TLS sessions that outlive a reload: who was let in once resumes without the CRL being asked. They count at the door, and at a
 * server that begins its handshakes: OpenSSL keeps sessions and ticket keys where the handshake began, whatever name it asked for.
 */
export function auditSessions(server: Server): Hole[] {
  const holes: Hole[] = [];
  const { shared } = cacheOf(server);
  if (shared !== undefined) {
    holes.push({
      code: "SHARED_SESSION_CACHE",
      message: `${shared.place}: ssl_session_cache ${shared.args.join(" ")} keeps TLS sessions over a reload: a revoked device goes on resuming its own.`,
      remedy: `Write in ${server.label}: ssl_session_cache off; ssl_session_tickets off;`,
    });
  }
  const key = server.setting("ssl_session_ticket_key");
  // Tickets that are off here may be on at a server whose handshakes begin here.
  if (key !== undefined) {
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
  const { shared, builtin } = cacheOf(server);
  return !isOff(server.setting("ssl_session_tickets")) || shared !== undefined || builtin;
}

/**
 * Where sessions are kept: in every worker (`builtin`), or in memory that all share (the directive that says so). nginx inherits the
 * two apart (ngx_http_ssl_merge_srv_conf): `builtin` in a server leaves `shared:` of `http` in force, `off` and `none` do not.
 */
function cacheOf(server: Server): { builtin: boolean; shared: Directive | undefined } {
  const [own, outer] = [server.own, server.outer].map((block) => block.filter(({ name }) => name === "ssl_session_cache"));
  const mode = modeOf(own) ?? modeOf(outer) ?? "none";
  if (mode === "off" || mode === "none") return { builtin: false, shared: undefined };
  return { builtin: mode.startsWith("builtin"), shared: sharedIn(own) ?? sharedIn(outer) };
}

function modeOf(directives: readonly Directive[] = []): string | undefined {
  const said = directives.flatMap(({ args }) => args).findLast((arg) => !arg.startsWith("shared:"));
  return said ?? (sharedIn(directives) === undefined ? undefined : "shared");
}

function sharedIn(directives: readonly Directive[] = []): Directive | undefined {
  return directives.findLast(({ args }) => args.some((arg) => arg.startsWith("shared:")));
}
