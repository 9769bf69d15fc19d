import type { Command } from "commander";
import { ListCertificatesRequest, ListCertificatesResponse } from "../../generated/latchkey/v1/certificate_service.js";
import { call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { toJson } from "./json.js";
import { statusColour } from "./list.js";
import { withConnection } from "./session.js";
import { printTable } from "./table.js";
import { printJson } from "./terminal.js";

export function operatorListCommand(): Command {
  return clientCommand("list", "List operators", "latchkey operator list").action(async (options: CommonOptions) => {
    const request = ListCertificatesRequest.create({ filter: 'authority = "operators"', pageSize: 1000 });
    const response = await withConnection(options, (connection) => call(connection.certificates, "listCertificates", request));
    if (options.json) return printJson(toJson(ListCertificatesResponse, response));
    printTable(response.certificates, [
      { title: "NAME", text: ({ deviceName }) => deviceName, shrinks: true },
      { title: "ROLE", text: ({ operatorRole }) => operatorRole },
      { title: "STATUS", text: ({ status }) => status, colour: ({ status }, text) => statusColour(status)(text) },
      { title: "MAY SERVE", text: ({ serverNames }) => serverNames.join(", "), shrinks: true },
      { title: "ENDS", text: ({ notAfter }) => notAfter?.toISOString().slice(0, 10) ?? "" },
    ]);
  });
}
