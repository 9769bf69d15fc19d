import QRCode from "qrcode";
import type { CreateInvitationResponse } from "../../generated/latchkey/v1/invitation_service.js";
import { CommandError } from "./error.js";
import { renderCodeSheet, renderPassphraseSheet } from "./invitation-print.js";
import { refuseUnwritable, writeWhole } from "./write-whole.js";

export interface FileOptions {
  readonly png?: string;
  readonly svg?: string;
  readonly print?: string;
  readonly force?: boolean;
}

/** A file that an invitation is written to: a secret, since whoever has the code has the link. */
export interface InvitationFile {
  readonly path: string;
  /** For a person: `QR code`. */
  readonly what: string;
  readonly content: (response: CreateInvitationResponse) => Promise<string | Uint8Array>;
}

const QUIET_ZONE = 4;
/** Pixels of one square of the code. */
const SCALE = 12;

/** The files that were asked for. The passphrase and the code never lie in the same one. Throws USAGE. */
export function filesFor({ png, svg, print }: FileOptions): readonly InvitationFile[] {
  const files: InvitationFile[] = [];
  if (png !== undefined) files.push({ path: png, what: "QR code", content: ({ url }) => pngOf(url) });
  if (svg !== undefined) files.push({ path: svg, what: "QR code", content: ({ url }) => svgOf(url) });
  if (print !== undefined) {
    if (!/[^/\\]\.html$/.test(print))
      throw new CommandError("USAGE", "The sheets are web pages to be printed: name them --print NAME.html.");
    const code = async (response: CreateInvitationResponse) => renderCodeSheet(response, await svgOf(response.url));
    files.push({ path: print, what: "sheet with the code", content: code });
    const passphrase = print.replace(/\.html$/, "-passphrase.html");
    files.push({ path: passphrase, what: "sheet with the passphrase", content: async (response) => renderPassphraseSheet(response) });
  }
  if (new Set(files.map(({ path }) => path)).size < files.length) throw new CommandError("USAGE", "Two of the files have the same name.");
  return files;
}

/** Refuses before an invitation is made what could not be written. Throws FILE_EXISTS, WRITE_FAILED. */
export async function refuseUnwritableFiles(files: readonly InvitationFile[], force: boolean): Promise<void> {
  for (const { path } of files) await refuseUnwritable(path, force, "No invitation was made.");
}

/** Writes them, for this user alone. Throws FILE_EXISTS, WRITE_FAILED. */
export async function writeFiles(files: readonly InvitationFile[], response: CreateInvitationResponse, force: boolean): Promise<void> {
  for (const { path, content } of files) await writeWhole(path, await content(response), { secret: true, force });
}

function pngOf(url: string): Promise<Buffer> {
  return QRCode.toBuffer(url, { type: "png", errorCorrectionLevel: "M", margin: QUIET_ZONE, scale: SCALE });
}

function svgOf(url: string): Promise<string> {
  return QRCode.toString(url, { type: "svg", errorCorrectionLevel: "M", margin: QUIET_ZONE });
}
