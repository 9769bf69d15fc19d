import { existsSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Program } from "../../service/units.js";
import { PACKAGE, packageFolders } from "../package-folders.js";

/** This very program, and the Node that runs it. */
export function programOf(script: "cli/latchkey.js" | "nginx/latchkey-nginx.js"): Program {
  const root = realpathSync(PACKAGE);
  const node = realpathSync(process.execPath);
  const folders = [
    root,
    ...packageFolders()
      .filter((folder) => existsSync(folder))
      .map((folder) => realpathSync(folder)),
    node,
  ];
  return { node, script: join(root, "dist", "clients", script), folders };
}

/** Files of a program that somebody else than root could replace, with what root would then run. */
export function replaceableByOthers({ folders }: Program): string[] {
  return folders.filter((folder) => chainOf(folder).some(isReplaceable) || holdsReplaceable(folder));
}

function chainOf(file: string): Stats[] {
  const names = [file];
  for (let at = file; at !== dirname(at); at = dirname(at)) names.push(dirname(at));
  return names.map((name) => statSync(name));
}

/** Down to the last file of a package: each is loaded by root. A link counts with its folder, which says who may replace it. */
function holdsReplaceable(folder: string): boolean {
  if (!statSync(folder).isDirectory()) return false;
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    if (entry.isSymbolicLink()) return false;
    const name = join(folder, entry.name);
    return isReplaceable(statSync(name)) || (entry.isDirectory() && holdsReplaceable(name));
  });
}

function isReplaceable(stats: Stats): boolean {
  return stats.uid !== 0 || isWritableByOthers(stats);
}

/** A sticky folder (/tmp) lets nobody replace what is another's. */
function isWritableByOthers({ mode }: Stats): boolean {
  return (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
}
