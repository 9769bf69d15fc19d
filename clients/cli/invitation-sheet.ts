import type { CreateInvitationResponse } from "../../generated/latchkey/v1/invitation_service.js";
import { relative } from "./duration.js";
import type { InvitationFile } from "./invitation-files.js";
import { bold, print, printable, width } from "./terminal.js";

const CANCELED_EARLIER = "An earlier invitation of this device was open, and is canceled: its link opens nothing any more.";

/** What a person needs to see of an invitation: the QR code, the passphrase, the fingerprint, and what to do next. */
export async function printInvitation(response: CreateInvitationResponse): Promise<void> {
  const { invitation, url, passphrase, caFingerprint, canceledEarlier } = response;
  const expireTime = invitation?.expireTime ?? new Date();
  print(
    `\n${bold(`An invitation for ${printable(invitation?.deviceName ?? "")}`)}, good once, until ${clockTime(expireTime)} (${relative(expireTime, new Date())})\n`,
  );
  if (canceledEarlier) print(`  ${CANCELED_EARLIER}\n`);
  print(await qrCode(url));
  print(`  Link         ${url}`);
  print(`  Passphrase   ${bold(passphrase)}`);
  if (caFingerprint !== "") {
    print("  Fingerprint  of the house's root certificate (SHA-256):");
    for (const line of fingerprintLines(caFingerprint)) print(`               ${line}`);
  }
  print();
  print("  1. On your Wi-Fi, point the phone's camera at the code, and follow the page.");
  if (caFingerprint === "") print("  2. Get the bundle there; nothing has to be trusted first.");
  else
    print(
      "  2. Before you trust the root, compare the fingerprint on the PHONE'S OWN certificate screen with the one above. Not the same? Stop.",
    );
  print("  3. When the phone asks for a passphrase, type the one above. Then it opens the door.\n");
  print("  A laptop or a server takes this line instead, at its own terminal (without a browser: --out FOLDER, not --install):");
  print(`  ${enrollLine(response)}\n`);
}

/** To be pasted into a shell. It asks for the passphrase, which has no place among arguments: `ps` shows those. */
function enrollLine({ url, caFingerprint }: CreateInvitationResponse): string {
  const trust = caFingerprint === "" ? "--system-trust" : `--fingerprint ${caFingerprint.replaceAll(":", "").toLowerCase()}`;
  return `latchkey enroll '${url}' ${trust} --install`;
}

/** What was written where; without anything that is secret. */
export function printFiles({ invitation, canceledEarlier }: CreateInvitationResponse, files: readonly InvitationFile[]): void {
  const expireTime = invitation?.expireTime ?? new Date();
  if (!process.stdout.isTTY) {
    print(`An invitation for ${printable(invitation?.deviceName ?? "")}, good once (it ends ${relative(expireTime, new Date())}).`);
    if (canceledEarlier) print(CANCELED_EARLIER);
  }
  for (const { path, what } of files) print(`  ${path}  (${what}, for this user alone)`);
}

/** Half blocks, black on white whatever the terminal's colours are (scanners take no negatives), with the quiet zone of ISO/IEC 18004. */
async function qrCode(url: string): Promise<string> {
  // Loaded when it is needed: a start that invites nobody needs none.
  const { default: QRCode } = await import("qrcode");
  const code = await QRCode.toString(url, { type: "utf8", errorCorrectionLevel: "L", margin: 4 });
  const lines = code.split("\n").filter((line) => line !== "");
  if (lines.some((line) => line.length > width()))
    return "  (The terminal is too narrow for the QR code: make it wider, or type the link.)\n";
  if (!process.stdout.isTTY) return `${lines.join("\n")}\n`;
  return `${lines.map((line) => `\u001b[30;107m${line}\u001b[0m`).join("\n")}\n`;
}

/** As phones show it: 16 pairs a line. */
function fingerprintLines(fingerprint: string): string[] {
  return fingerprint.match(/.{1,48}/g)?.map((line) => line.replace(/:$/, "")) ?? [];
}

function clockTime(time: Date): string {
  return time.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
