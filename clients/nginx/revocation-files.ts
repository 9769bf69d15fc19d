import { join } from "node:path";
import type { Contents, FileName, Folder } from "./folder.js";
import { type HeldSet, refusedBy } from "./held-set.js";
import { statusLocation } from "./status-location.js";

/** In a server of nginx, in the place of `ssl_crl`. */
export const CRL_FILE = "latchkey-crl.conf";
/** In `http`. */
export const LIST_FILE = "latchkey-refused.conf";
/** `refused` for whom the list refuses; for everybody else the number of the CRL whose list it is. */
export const LIST = "$latchkey_list";

/**
 * What nginx includes with `--at-expiry keep-last-good`. It refuses everybody once its CRL has ended, so that this CRL's list has to stand in
 * for it before: in the same files, where everything but that is there from the first day, so that a configuration that
 * has not the right place for them is refused then, and not on the day when the CRL ends.
 *
 * nginx opens one file after the other. When it is told to reload while the hook puts other files in place, it may have one file of
 * each set: a server that goes by the list lets in nobody unless the list says of itself that it is that CRL's.
 *
 * @param kept the list stands in for the CRL; undefined: the files for that stay as they are
 */
export function revocationFiles(dir: string, set: HeldSet, kept: boolean | undefined): Contents {
  const status = { "latchkey-status.conf": statusLocation(set.crl.number, kept) };
  if (kept === undefined) return status;
  return {
    ...status,
    [CRL_FILE]: crlFile(dir, kept ? set.crl.number : undefined),
    [LIST_FILE]: listFile(set, kept),
  };
}

/** Whether the list stands in for the CRL; `absent` while nobody has asked for such files; `damaged` when they are not as this hook writes them. */
export type Kept = boolean | "absent" | "damaged";

/** What stands in the folder's set: the list, or the CRL itself; undefined when it is neither of these, whole. */
export async function isKeptIn(folder: Pick<Folder, "path" | "read">): Promise<boolean | undefined> {
  const text = await folder.read(CRL_FILE);
  const [, number] = / != (\d+)\)/.exec(text ?? "") ?? [];
  return text === crlFile(folder.path, number) ? number !== undefined : undefined;
}

/** The same, with every text held against this CRL. */
export async function readKept(folder: Pick<Folder, "path" | "read">, set: HeldSet | undefined): Promise<Kept> {
  if ((await folder.read(CRL_FILE)) === undefined && (await folder.read(LIST_FILE)) === undefined) return "absent";
  const kept = await isKeptIn(folder);
  if (set === undefined || kept === undefined) return "damaged";
  const texts = Object.entries(revocationFiles(folder.path, set, kept)) as [FileName, string][];
  for (const [name, text] of texts) if ((await folder.read(name)) !== text) return "damaged";
  return kept;
}

/** @param kept the number of the CRL that has ended */
function crlFile(dir: string, kept: bigint | string | undefined): string {
  if (kept === undefined) return `ssl_crl ${quoted(join(dir, "devices-crl.pem"))};\nif (${LIST} = refused) { return 495; }\n`;
  return `# The CRL has ended, or is about to: its list stands in for it.\nif (${LIST} != ${kept}) { return 495; }\n`;
}

/** nginx writes serial numbers as hex, two digits an octet; a map looks them up whatever their case. */
function listFile(set: HeldSet, kept: boolean): string {
  const lines = [`map $ssl_client_serial ${LIST} {`, `  default ${kept ? set.crl.number : "none"};`];
  if (kept) for (const serial of refusedBy(set)) lines.push(`  ${serial.toUpperCase()} refused;`);
  return `${lines.join("\n")}\n}\n`;
}

/** As nginx reads it between double quotes. */
function quoted(path: string): string {
  return `"${path.replaceAll(/[\\"]/g, "\\$&")}"`;
}
