import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** This package, from `dist/clients/cli/`. */
export const PACKAGE = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/** The folders in which our packages lie: our own, and of an installed package the one that it lies in. */
export function packageFolders(): string[] {
  const within = PACKAGE.lastIndexOf(`${sep}node_modules${sep}`);
  const around = within < 0 ? [] : [PACKAGE.slice(0, within + sep.length + "node_modules".length)];
  return [join(PACKAGE, "node_modules"), ...around];
}
