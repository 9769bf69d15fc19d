import type { Command } from "commander";
import {
  CancelInvitationRequest,
  CancelInvitationResponse,
  CreateInvitationRequest,
  CreateInvitationResponse,
  ListInvitationsRequest,
  ListInvitationsResponse,
} from "../../generated/latchkey/v1/invitation_service.js";
import { call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { parseDuration, relative } from "./duration.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { printTable } from "./table.js";
import { print, printable, printJson } from "./terminal.js";

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

export function invitationCommand(): Command {
  const command = clientCommand("invitation", "List or cancel invitations", "latchkey invitation cancel 6f1c0a3e-…");
  command.addCommand(
    clientCommand("list", "List invitations, newest first", "latchkey invitation list").action(async (options: CommonOptions) => {
      const response = await withConnection(options, (connection) =>
        call(connection.invitations, "listInvitations", ListInvitationsRequest.create({ pageSize: 100 })),
      );
      if (options.json) return printJson(toJson(ListInvitationsResponse, response));
      if (response.invitations.length === 0) return print('No invitations. `latchkey invite "My phone"` makes one.');
      printTable(response.invitations, [
        { title: "DEVICE", text: ({ deviceName }) => deviceName, shrinks: true },
        { title: "STATE", text: ({ state }) => state },
        { title: "ENDS", text: ({ expireTime }) => (expireTime === undefined ? "" : relative(expireTime, new Date())) },
        { title: "ID", text: ({ name }) => name.replace("invitations/", "") },
      ]);
    }),
  );
  command.addCommand(
    clientCommand("cancel <id>", "Cancel an invitation", "latchkey invitation cancel 6f1c0a3e-…").action(
      async (id: string, options: CommonOptions) => {
        const request = CancelInvitationRequest.create({ name: `invitations/${id.replace("invitations/", "")}` });
        const response = await withConnection(options, (connection) => call(connection.invitations, "cancelInvitation", request));
        if (options.json) printJson(toJson(CancelInvitationResponse, response));
        else print(`The invitation of ${printable(response.invitation?.deviceName ?? "")} is ${response.invitation?.state}.`);
      },
    ),
  );
  return command;
}
