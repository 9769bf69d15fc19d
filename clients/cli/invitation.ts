import type { Command } from "commander";
import {
  CancelInvitationRequest,
  CancelInvitationResponse,
  ListInvitationsRequest,
  ListInvitationsResponse,
} from "../../generated/latchkey/v1/invitation_service.js";
import { call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { relative } from "./duration.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { printTable } from "./table.js";
import { print, printable, printJson } from "./terminal.js";

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
