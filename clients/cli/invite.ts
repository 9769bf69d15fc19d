import type { Command } from "commander";
import { CreateInvitationRequest, CreateInvitationResponse } from "../../generated/latchkey/v1/invitation_service.js";
import { call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { parseDuration } from "./duration.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { printJson } from "./terminal.js";

interface InviteOptions extends CommonOptions {
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
    .action(async (deviceName: string, options: InviteOptions) => {
      const request = CreateInvitationRequest.create({
        deviceName,
        owner: options.owner ?? "",
        renewal: options.renew === true,
        ...(options.for === undefined ? {} : { lifetime: { seconds: String(parseDuration(options.for)), nanos: 0 } }),
      });
      const response = await withConnection(options, (connection) => call(connection.invitations, "createInvitation", request));
      if (options.json) return printJson(toJson(CreateInvitationResponse, response));
      const { printInvitation } = await import("./invitation-sheet.js");
      await printInvitation(response);
    });
}
