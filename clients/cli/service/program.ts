import { existsSync, realpathSync, type Stats, statSync } from "node:fs";
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
export function replaceableByOthers({ node, script }: Program): string[] {
  return [node, script].filter((file) => chainOf(file).some(({ stats }) => stats.uid !== 0 || isWritableByOthers(stats)));
}

function chainOf(file: string): { stats: Stats }[] {
  const names = [file];
  for (let at = file; at !== dirname(at); at = dirname(at)) names.push(dirname(at));
  return names.map((name) => ({ stats: statSync(name) }));
}

/** A sticky folder (/tmp) lets nobody replace what is another's. */
function isWritableByOthers({ mode }: Stats): boolean {
  return (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
}
