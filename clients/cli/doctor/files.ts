import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { nothingThere } from "../../connect/nothing-there.js";
import { quoted } from "../shell-word.js";
import { type Finding, found, ok, skipped } from "./finding.js";
import type { House } from "./house.js";
import { passphraseFiles } from "./passphrase.js";

/** Group's and others' rights. */
const NOT_THE_OWNERS = 0o077;
/** Folders with secrets, in the data folder. The store holds invitations' secrets encrypted, and who has which device. */
const SECRET_FOLDERS = ["keys", "store", "operator", "enrollment", "server"];
/** Files of these folders that hold a secret, and would hold one outside them too. */
const SECRET_FILE = /\.(key|p8|passphrase|recovery)$|^(server|profile-signer)\.pem$/;

/** Whether anybody but their owner may read what is secret, and whether the CA's own user may. */
export async function* lookAtFiles({ data, credential }: House): AsyncGenerator<Finding> {
  if (process.platform === "win32") return yield skipped("Who may read the files: on Windows the folders' own permissions decide.");
  // Who can't enter the data folder can't reach what is in it, whatever that says.
  const outer = [data, credential].filter((folder) => folder !== undefined);
  const folders = [...outer, ...(data === undefined ? [] : SECRET_FOLDERS.map((name) => join(data, name)))];
  if (outer.length === 0) return yield skipped("Who may read the files: neither a data folder nor a credential is here.");
  const files = [...(await secretFiles(folders)), ...(data === undefined ? [] : await passphraseFiles(data))];
  const troubles = [
    ...(await openFolders(outer)),
    ...(await openFiles([...new Set(files)])),
    ...(data === undefined ? [] : await foreignFiles(data)),
  ];
  if (troubles.length === 0) yield ok(`Only their owner may read keys, passphrases and credentials (${files.length} files).`);
  else yield* troubles;
}

async function openFolders(folders: readonly string[]): Promise<Finding[]> {
  const open = await whereOthersHaveRights(folders);
  return open.map(({ path, mode }) =>
    found("FOLDER_OPEN_TO_OTHERS", `${path} is open to other users of this host (${octal(mode)}).`, `chmod 700 ${quoted(path)}`),
  );
}

async function openFiles(files: readonly string[]): Promise<Finding[]> {
  const open = await whereOthersHaveRights(files);
  return open.map(({ path, mode }) => {
    const what = `${path} holds a secret, and other users of this host have rights on it (${octal(mode)}).`;
    return found("FILE_OPEN_TO_OTHERS", what, `chmod 600 ${quoted(path)}; if somebody may have read it, it is no secret any more.`);
  });
}

/** What root has written once, the CA's own user can't read or renew. */
async function foreignFiles(data: string): Promise<Finding[]> {
  const { uid } = await stat(data);
  for (const folder of [data, ...SECRET_FOLDERS.map((name) => join(data, name))]) {
    const paths = (await entriesOf(folder)).map((name) => join(folder, name));
    const owners = await Promise.all(paths.map(async (path) => (await stat(path).catch(nothingThere))?.uid ?? uid));
    const [first, ...others] = paths.filter((_, at) => owners[at] !== uid);
    if (first === undefined) continue;
    const whose = others.length === 0 ? " belongs" : ` and ${others.length} more in that folder belong`;
    const what = `${first}${whose} to another user than ${data}: was a command run as root here? The CA may not be able to read it.`;
    return [found("FILE_OF_ANOTHER_USER", what, `chown -R --reference=${quoted(data)} ${quoted(folder)}`)];
  }
  return [];
}

async function secretFiles(folders: readonly string[]): Promise<string[]> {
  const inEach = await Promise.all(
    folders.map(async (folder) => (await entriesOf(folder)).filter((name) => SECRET_FILE.test(name)).map((name) => join(folder, name))),
  );
  return inEach.flat();
}

/** A folder that is not there has no secrets. */
async function entriesOf(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(nothingThere)) ?? [];
}

async function whereOthersHaveRights(paths: readonly string[]): Promise<{ path: string; mode: number }[]> {
  const modes = await Promise.all(
    paths.map(async (path) => ({ path, mode: ((await stat(path).catch(nothingThere))?.mode ?? 0) & 0o7777 })),
  );
  return modes.filter(({ mode }) => (mode & NOT_THE_OWNERS) !== 0);
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
