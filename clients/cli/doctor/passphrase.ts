import { readdir, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import { loadSettings } from "../../../services/settings.js";
import { nothingThere } from "../../connect/nothing-there.js";
import { type Finding, found, ok, skipped } from "./finding.js";
import type { House } from "./house.js";

/** Whether a copy of one folder carries both the keys and what opens them. That the passphrase is on this host at all, the CA says. */
export async function* lookAtPassphrase({ data }: House): AsyncGenerator<Finding> {
  if (data === undefined) return yield skipped("The passphrase of the keys: the data folder is not on this host.");
  const files = await passphraseFiles(data);
  const beside = await filesBeside(files, data);
  for (const file of beside) {
    yield found(
      "PASSPHRASE_BESIDE_KEYS",
      `${file} lies in one folder with the keys that it opens (${data}): who copies or backs up that folder has the CA.`,
      "Move the file elsewhere, and name it with `keys.passphraseFile` (docs/settings.md); or give the passphrase as systemd's credential `latchkey-passphrase`.",
    );
  }
  const [first] = files;
  if (first === undefined)
    yield skipped("The passphrase of the keys: no file of it can be seen from here (it may be another user's, or in no file at all).");
  else if (beside.length === 0) yield ok(`The passphrase of the keys lies apart from them, in ${dirname(first)}.`);
}

/**
 * Files that may hold the passphrase of the keys in this data folder: the one that the settings name, those in the user's configuration
 * folder, and any that somebody has put into the data folder itself.
 */
export async function passphraseFiles(data: string): Promise<string[]> {
  const { settings } = await loadSettings({ flags: { data }, env: process.env });
  const named = settings.keys.passphraseFile;
  const configuration = join(process.env.XDG_CONFIG_HOME || join(process.env.HOME || homedir(), ".config"), "latchkey");
  const listed = await Promise.all([configuration, data, join(data, "keys")].map(listPassphrases));
  const paths = [...(named === undefined ? [] : [resolve(named)]), ...listed.flat()];
  const there = await Promise.all(paths.map(async (path) => (await realpath(path).catch(nothingThere)) ?? []));
  return [...new Set(there.flat())];
}

async function listPassphrases(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(nothingThere)) ?? [];
  return names.filter((name) => /\.(passphrase|recovery)$/.test(name)).map((name) => join(folder, name));
}

async function filesBeside(files: readonly string[], data: string): Promise<string[]> {
  const keys = await realpath(data);
  return files.filter((file) => isBelow(file, keys) || isBelow(keys, dirname(file)));
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
