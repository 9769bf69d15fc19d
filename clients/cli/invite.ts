import type { Command } from "commander";
import {
  CancelInvitationRequest,
  CreateInvitationRequest,
  CreateInvitationResponse,
} from "../../generated/latchkey/v1/invitation_service.js";
import { type Connection, call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { parseDuration } from "./duration.js";
import { CommandError } from "./error.js";
import { describe } from "./failure.js";
import type { FileOptions, InvitationFile } from "./invitation-files.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { printJson } from "./terminal.js";

interface InviteOptions extends CommonOptions, FileOptions {
  readonly owner?: string;
  readonly for?: string;
  readonly renew?: boolean;
}

export function inviteCommand(): Command {
  return clientCommand(
    "invite <name>",
    "Invite a device: a link, a QR code and a passphrase, good once",
    `latchkey invite "Anna's phone" --owner Anna`,
  )
    .option("--owner <name>", "who the device belongs to")
    .option("--for <time>", "how long the invitation is good (1m to 7d; 15m unless set otherwise)")
    .option("--renew", "the device has this name already, and gets a new certificate")
    .option("--png <file>", "the QR code as a picture, too: whoever has it has the link")
    .option("--svg <file>", "the same as SVG")
    .option("--print <name.html>", "two sheets to print: NAME.html with the code, and NAME-passphrase.html")
    .option("--force", "replace files that are there")
    .action(async (deviceName: string, options: InviteOptions) => {
      const request = CreateInvitationRequest.create({
        deviceName,
        owner: options.owner ?? "",
        renewal: options.renew === true,
        ...(options.for === undefined ? {} : { lifetime: { seconds: String(parseDuration(options.for)), nanos: 0 } }),
      });
      const files = await prepareFiles(options);
      const response = await withConnection(options, (connection) => invite(connection, request, files, options));
      if (options.json) return printJson(toJson(CreateInvitationResponse, response));
      const { printFiles, printInvitation } = await import("./invitation-sheet.js");
      // Into a pipe or a file, code and passphrase would come together again.
      if (files.length === 0 || process.stdout.isTTY) await printInvitation(response);
      if (files.length > 0) printFiles(response, files);
    });
}

/** The files that were asked for. Refuses, before an invitation is made, what could not be written, and a passphrase that nobody would see. */
async function prepareFiles(options: InviteOptions): Promise<readonly InvitationFile[]> {
  const { png, svg, print, json, force } = options;
  if (png === undefined && svg === undefined && print === undefined) return [];
  const { filesFor, refuseUnwritableFiles } = await import("./invitation-files.js");
  const files = filesFor(options);
  await refuseUnwritableFiles(files, force === true);
  if (print !== undefined || json === true || process.stdout.isTTY) return files;
  throw new CommandError(
    "USAGE",
    "Nobody would see the passphrase, which is not written beside a code: run this at a terminal, or say --print NAME.html, or --json. No invitation was made.",
  );
}

/** Makes the invitation and its files. One whose files can't be written is canceled: nobody has its link. */
async function invite(
  connection: Connection,
  request: CreateInvitationRequest,
  files: readonly InvitationFile[],
  { force }: InviteOptions,
): Promise<CreateInvitationResponse> {
  const response = await call(connection.invitations, "createInvitation", request);
  if (files.length === 0) return response;
  try {
    const { writeFiles } = await import("./invitation-files.js");
    await writeFiles(files, response, force === true);
    return response;
  } catch (error) {
    const cancel = CancelInvitationRequest.create({ name: response.invitation?.name ?? "" });
    await call(connection.invitations, "cancelInvitation", cancel).catch((why: unknown) => {
      throw stillOpen(error, cancel.name, describe(why).message);
    });
    throw error;
  }
}

/** What went wrong with the files, and what has to be done by hand because of it. */
function stillOpen(cause: unknown, invitation: string, why: string): CommandError {
  const { code, message } = describe(cause);
  const id = invitation.replace("invitations/", "");
  return new CommandError(
    code,
    `${message} The invitation could not be canceled, either, and may still be open (${why.replace(/\.$/, "")}): \`latchkey invitation cancel ${id}\` takes it back.`,
    { cause },
  );
}
