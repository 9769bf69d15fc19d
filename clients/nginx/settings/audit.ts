import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import { auditBackends } from "./backend.js";
import type { Directive } from "./directive.js";
import { readDump } from "./dump.js";
import { parseDuration } from "./duration.js";
import type { Hole } from "./hole.js";
import { keepingFaults } from "./keeping.js";
import { auditUnknown } from "./known-directives.js";
import { auditNeighbours } from "./neighbours.js";
import { type Place, trustFilesOf } from "./place.js";
import { auditRefusal } from "./refusal.js";
import { type Server, serversOf } from "./server.js";
import { auditSessions } from "./sessions.js";
import { auditTls } from "./tls.js";
import { type ReadText, readTrustFiles } from "./trust.js";
import { auditUnreadable, auditVerification, isDoor } from "./verification.js";

/** What is open longer than this after a revocation counts as not refused. In ms. */
export const LONGEST_SHUTDOWN_MILLIS = 10_000;

/** For a hook without the right to end old workers. */
export const SHUTDOWN_REMEDY =
  "Run the hook as root beside nginx, so that it can end nginx's old workers itself; or write in the main context, outside of http { }: worker_shutdown_timeout 2s; (each reload then cuts everybody's WebSockets).";

export interface Known {
  /** The hook ends old workers itself: how long nginx would leave them is of no account. */
  readonly cutsItself: boolean;
  /** The hook has put the list in the CRL's place: a server without ssl_crl is none without a CRL. */
  readonly kept?: boolean | undefined;
}

/**
 * Reads nginx's own settings for what would let in a device that the CRL refuses. No hole, and what nginx proves about its
 * CRL is the whole truth; a hole, and nobody may say "enforced".
 *
 * @param dump what `nginx -T` prints on standard output
 * @param dir the hook's folder (`--dir`), absolute, as the configuration names it
 * @param known what the hook knows of itself
 * @param read reads the files that servers take their clients' CAs from
 * @throws SettingsError when it can't be read as nginx reads it
 */
export async function auditSettings(
  dump: string,
  dir: string,
  { cutsItself, kept = false, read = readText }: Known & { readonly read?: ReadText },
): Promise<Hole[]> {
  const { directives, servers, doors, place } = await readDoors(dump, dir, kept, read);
  if (doors.length === 0) return [noDoor(place)];
  return distinct([
    ...(cutsItself ? [] : auditShutdown(directives)),
    ...doors.flatMap((door) => auditDoor(door, servers, place)),
    ...servers.flatMap((server) => auditUnreadable(server, place)),
    ...auditBackends(doors, servers),
  ]);
}

/** What would keep the list from standing in for the CRL, at any door (see keepingFaults). Throws SettingsError. */
export async function auditKeeping(dump: string, dir: string, read: ReadText = readText): Promise<Hole[]> {
  const { doors, place } = await readDoors(dump, dir, false, read);
  return distinct(doors.flatMap((door) => keepingFaults(door, place)));
}

async function readDoors(dump: string, dir: string, kept: boolean, read: ReadText) {
  const { directives, prefix } = readDump(dump);
  const servers = serversOf(directives);
  const folder = posix.resolve(dir);
  const files = servers.flatMap((server) => trustFilesOf(server, prefix));
  const place: Place = { dir: folder, prefix, trust: await readTrustFiles(files, `${folder}/devices-ca.pem`, read), kept };
  return { directives, servers, doors: servers.filter((server) => isDoor(server, place)), place };
}

function auditDoor(door: Server, servers: readonly Server[], place: Place): Hole[] {
  return [
    ...auditVerification(door, place),
    ...auditTls(door),
    ...auditSessions(door),
    ...auditUnknown(door),
    ...(door.protocol === "http" ? auditRefusal(door) : []),
    ...auditNeighbours(door, servers, place),
  ];
}

function noDoor({ dir }: Place): Hole {
  return {
    code: "NO_SERVER_VERIFIES",
    message: `No server of this nginx asks for the certificates of ${dir}/devices-ca.pem: it lets in everybody.`,
    remedy: "`latchkey-nginx config` prints the server to put into nginx's configuration.",
  };
}

/** The milliseconds after which nginx cuts what is open in old workers; undefined when it never does. Throws SettingsError. */
export function shutdownMillis(dump: string): number | undefined {
  return parseDuration(timeoutOf(readDump(dump).directives)?.args[0] ?? "") || undefined;
}

/** Where this nginx says who its master is; Debian's place when the configuration names none. Throws SettingsError. */
export function pidFileOf(dump: string): string {
  return readDump(dump).directives.find(({ name }) => name === "pid")?.args[0] ?? "/run/nginx.pid";
}

function timeoutOf(directives: readonly Directive[]): Directive | undefined {
  return directives.find(({ name }) => name === "worker_shutdown_timeout");
}

function auditShutdown(directives: readonly Directive[]): Hole[] {
  const remedy = SHUTDOWN_REMEDY;
  const timeout = timeoutOf(directives);
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

/** A directive of `http` is found in every server that inherits it: it is named once. */
function distinct(holes: readonly Hole[]): Hole[] {
  return [...new Map(holes.map((hole) => [`${hole.code} ${hole.message}`, hole])).values()];
}

async function readText(file: string): Promise<string | undefined> {
  return await readFile(file, "latin1").catch(() => undefined);
}
