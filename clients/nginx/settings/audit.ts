import { posix } from "node:path";
import type { Directive } from "./directive.js";
import { readDump } from "./dump.js";
import { parseDuration } from "./duration.js";
import { auditErrorPages } from "./error-page.js";
import type { Hole } from "./hole.js";
import { type Server, serversOf } from "./server.js";
import { auditNeighbour, auditSessions } from "./sessions.js";
import { auditVerification, type Folders, isDoor } from "./verification.js";

/** What is open longer than this after a revocation counts as not refused. */
export const LONGEST_SHUTDOWN_MILLIS = 10_000;

/**
 * Reads nginx's own settings for what would let in a device that the CRL refuses. No hole, and what nginx proves about its
 * CRL is the whole truth; a hole, and nobody may say "enforced".
 *
 * @param dump what `nginx -T` prints on standard output
 * @param dir the hook's folder (`--dir`), absolute, as the configuration names it
 * @throws SettingsError when it can't be read as nginx reads it
 */
export function auditSettings(dump: string, dir: string): Hole[] {
  const configuration = readDump(dump);
  const folders: Folders = { dir: posix.resolve(dir), prefix: prefixOf(dump) };
  const servers = serversOf(configuration);
  const doors = servers.filter((server) => isDoor(server, folders));
  if (doors.length === 0) {
    return [
      {
        code: "NO_SERVER_VERIFIES",
        message: `No server of this nginx asks for the certificates of ${folders.dir}/devices-ca.pem: it lets in everybody.`,
        remedy: "`latchkey-nginx config` prints the server to put into nginx's configuration.",
      },
    ];
  }
  const holes = doors.flatMap((door) => [
    ...auditVerification(door, folders),
    ...(door.protocol === "http" ? auditErrorPages(door) : []),
    ...auditSessions(door),
    ...servers
      .filter((other) => other !== door && sharePort(other, door))
      .flatMap((other) => [...auditSessions(other), ...(doors.includes(other) ? [] : auditNeighbour(other, door))]),
  ]);
  return distinct([...auditShutdown(configuration), ...holes]);
}

/** The milliseconds after which nginx cuts what is open in old workers; undefined when it never does. Throws SettingsError. */
export function shutdownMillis(dump: string): number | undefined {
  return parseDuration(timeoutOf(readDump(dump))?.args[0] ?? "") || undefined;
}

/** Where this nginx says who its master is; Debian's place when the configuration names none. Throws SettingsError. */
export function pidFileOf(dump: string): string {
  return readDump(dump).find(({ name }) => name === "pid")?.args[0] ?? "/run/nginx.pid";
}

function timeoutOf(configuration: readonly Directive[]): Directive | undefined {
  return configuration.find(({ name }) => name === "worker_shutdown_timeout");
}

function auditShutdown(configuration: readonly Directive[]): Hole[] {
  const remedy = "Write in the main context, outside of http { }: worker_shutdown_timeout 2s;";
  const timeout = timeoutOf(configuration);
  const millis = parseDuration(timeout?.args[0] ?? "");
  // 0 is nginx's way to say "no limit".
  if (timeout === undefined || millis === undefined || millis === 0) {
    const message = `${timeout?.place ?? "nginx's main context"}: no worker_shutdown_timeout: a WebSocket or download of a revoked device stays open in the old worker without limit.`;
    return [{ code: "NO_SHUTDOWN_TIMEOUT", message, remedy }];
  }
  if (millis <= LONGEST_SHUTDOWN_MILLIS) return [];
  const message = `${timeout.place}: worker_shutdown_timeout ${timeout.args[0]} leaves a revoked device's WebSocket open for ${Math.round(millis / 1_000)} s; at most ${LONGEST_SHUTDOWN_MILLIS / 1_000} s is accepted.`;
  return [{ code: "LONG_SHUTDOWN_TIMEOUT", message, remedy }];
}

function sharePort(one: Server, other: Server): boolean {
  const sockets = new Set(other.listens.filter(({ isTls }) => isTls).map(({ socket }) => socket));
  return one.protocol === other.protocol && one.listens.some(({ socket, isTls }) => isTls && sockets.has(socket));
}

function prefixOf(dump: string): string {
  return posix.dirname(/^# configuration file (.+):$/m.exec(dump)?.[1] ?? "/");
}

/** A directive of `http` is found in every server that inherits it: it is named once. */
function distinct(holes: readonly Hole[]): Hole[] {
  return [...new Map(holes.map((hole) => [`${hole.code} ${hole.message}`, hole])).values()];
}
