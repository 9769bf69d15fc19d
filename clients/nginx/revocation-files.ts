import { join } from "node:path";
import type { Crl } from "./crl.js";
import type { Contents, Folder } from "./folder.js";
import { SerialNumbers } from "./serial-numbers.js";
import { statusLocation } from "./status-location.js";

/** In a server of nginx, in the place of `ssl_crl`. */
export const CRL_FILE = "latchkey-crl.conf";
/** In `http`. */
export const LIST_FILE = "latchkey-refused.conf";
/** Not empty for whom the list refuses. */
export const REFUSED = "$latchkey_refused";

/**
 * What nginx includes with `--at-expiry keep-last-good`. It refuses everybody once its CRL has ended, so that this CRL's list has to stand in
 * for it before: in the same files, where everything but that is there from the first day, so that a configuration that
 * has not the right place for them is refused then, and not on the day when the CRL ends.
 *
 * @param kept the list stands in for the CRL
 */
export function revocationFiles(dir: string, crl: Crl, kept: boolean): Contents {
  return { [CRL_FILE]: crlFile(dir, kept), [LIST_FILE]: listFile(crl, kept), "latchkey-status.conf": statusLocation(crl.number, kept) };
}

/** What stands in the folder's set: the list, or the CRL itself; undefined when it is neither of these, whole. */
export async function isKeptIn(folder: Pick<Folder, "path" | "read">): Promise<boolean | undefined> {
  const text = await folder.read(CRL_FILE);
  return [true, false].find((kept) => text === crlFile(folder.path, kept));
}

/** The same, with every text held against this CRL. */
export async function readKept(folder: Pick<Folder, "path" | "read">, crl: Crl | undefined): Promise<boolean | undefined> {
  const kept = await isKeptIn(folder);
  if (crl === undefined || kept === undefined) return undefined;
  return (await folder.read(LIST_FILE)) === listFile(crl, kept) ? kept : undefined;
}

function crlFile(dir: string, kept: boolean): string {
  const list = kept
    ? "# The CRL has ended, or is about to: its list stands in for it."
    : `ssl_crl ${quoted(join(dir, "devices-crl.pem"))};`;
  return `${list}\nif (${REFUSED}) { return 495; }\n`;
}

/** nginx writes serial numbers as hex, two digits an octet; a map looks them up whatever their case. */
function listFile(crl: Crl, kept: boolean): string {
  const lines = [`map $ssl_client_serial ${REFUSED} {`, '  default "";'];
  if (kept) for (const serial of crl.serialNumbers.missingFrom(NONE)) lines.push(`  ${serial.toUpperCase()} 1;`);
  return `${lines.join("\n")}\n}\n`;
}

const NONE = new SerialNumbers(new Uint8Array(), 0);

/** As nginx reads it between double quotes. */
function quoted(path: string): string {
  return `"${path.replaceAll(/[\\"]/g, "\\$&")}"`;
}
