import type { Command } from "commander";
import {
  CancelInvitationRequest,
  CancelInvitationResponse,
  type Invitation,
  ListInvitationsRequest,
  ListInvitationsResponse,
} from "../../generated/latchkey/v1/invitation_service.js";
import { call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { relative } from "./duration.js";
import { findInvitation } from "./find-invitation.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { printTable } from "./table.js";
import { print, printable, printJson } from "./terminal.js";

export function invitationCommand(): Command {
  const command = clientCommand("invitation", "List or cancel invitations", `latchkey invitation cancel "Anna's phone"`);
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
        { title: "ENDS", text: ends },
        { title: "ID", text: ({ name }) => name.replace("invitations/", "") },
      ]);
    }),
  );
  command.addCommand(
    clientCommand(
      "cancel <name>",
      "Cancel a device's open invitation: by its name, or by the invitation's id or the beginning of it",
      `latchkey invitation cancel "Anna's phone"`,
    ).action(async (given: string, options: CommonOptions) => {
      const response = await withConnection(options, async (connection) => {
        const request = CancelInvitationRequest.create({ name: await findInvitation(connection, given) });
        return await call(connection.invitations, "cancelInvitation", request);
      });
      if (options.json) printJson(toJson(CancelInvitationResponse, response));
      else print(`The invitation of ${printable(response.invitation?.deviceName ?? "")} is ${response.invitation?.state}.`);
    }),
  );
  return command;
}

/** Of one that is over there is nothing to wait for. */
function ends({ state, expireTime }: Invitation): string {
  return state !== "open" || expireTime === undefined ? "" : relative(expireTime, new Date());
}
