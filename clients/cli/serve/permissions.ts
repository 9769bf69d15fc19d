import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { PACKAGE, packageFolders } from "../package-folders.js";

/** What the enrolment service may read beside its program: the routing tables (who is the gateway?), and whether it is in a container. */
const SYSTEM_FILES = ["/proc/net/route", "/proc/net/ipv6_route", "/.dockerenv", "/run/.containerenv"];

/**
 * Node's options for a process that strangers talk to: it may read its program and these paths, be there anything now or only later, and nothing
 * else; it may write nothing, and start nothing. All paths are absolute: a relative one brings Node 20 down.
 */
export function permissionOptions(readable: readonly string[]): string[] {
  const flag = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
  const program = [join(PACKAGE, "dist"), join(PACKAGE, "package.json"), ...packageFolders()].filter((path) => existsSync(path));
  // The others also where they are not: whether a file is there can't be asked of one that may not be read.
  const paths = [...program, ...readable.map((path) => resolve(path)), ...SYSTEM_FILES];
  return [flag, "--no-warnings", ...new Set(paths.flatMap(both))].map((option) =>
    option.startsWith("--") ? option : `--allow-fs-read=${option}`,
  );
}

/** A path as it is named, and as it is behind its links. */
function both(path: string): string[] {
  return existsSync(path) ? [path, realpathSync(path)] : [path];
}
