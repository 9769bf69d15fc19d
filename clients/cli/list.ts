import type { Command } from "commander";
import { type Certificate, ListCertificatesRequest, ListCertificatesResponse } from "../../generated/latchkey/v1/certificate_service.js";
import { call } from "../connect/connect.js";
import { AUTHORITIES, enumerate, oneOf } from "./choice.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { parseDuration, relative } from "./duration.js";
import { CommandError } from "./error.js";
import { toJson } from "./json.js";
import { quote } from "./resolve.js";
import { withConnection } from "./session.js";
import { printTable } from "./table.js";
import { dim, green, note, print, printJson, red, yellow } from "./terminal.js";

interface ListOptions extends CommonOptions {
  readonly status?: string;
  readonly authority?: string;
  readonly owner?: string;
  readonly expiresWithin?: string;
  readonly pageSize: string;
  readonly pageToken?: string;
  readonly all?: boolean;
  readonly canaries?: boolean;
}

const STATUSES = ["valid", "held", "revoked", "expired"] as const;

export function listCommand(): Command {
  return clientCommand("list", "List certificates, newest first", "latchkey list --status valid --expires-within 30d")
    .option("--status <status>", enumerate(STATUSES, "or"), oneOf("status", STATUSES))
    .option("--authority <authority>", enumerate(AUTHORITIES, "or"), oneOf("authority", AUTHORITIES))
    .option("--owner <name>", "the devices of this owner")
    .option("--expires-within <time>", "only what ends within this time (30d), and has not ended")
    .option("--page-size <number>", "1 to 1000", "50")
    .option("--page-token <token>", "go on where a page ended")
    .option("--all", "every page")
    .option("--canaries", "the certificates by which nginx hooks try their doors, which are left out else")
    .action(async (options: ListOptions) => {
      const request = toRequest(options);
      const response = await withConnection(options, async (connection) => {
        const page = await call(connection.certificates, "listCertificates", request);
        while (options.all === true && page.nextPageToken !== "") {
          const next = await call(connection.certificates, "listCertificates", { ...request, pageToken: page.nextPageToken });
          page.certificates.push(...next.certificates);
          page.nextPageToken = next.nextPageToken;
        }
        return page;
      });
      if (options.json) printJson(toJson(ListCertificatesResponse, response));
      else show(response, request.filter !== "");
    });
}

function toRequest(options: ListOptions): ListCertificatesRequest {
  const pageSize = Number(options.pageSize);
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) throw new CommandError("USAGE", "--page-size is 1 to 1000.");
  const terms: string[] = [];
  if (options.status !== undefined) terms.push(`status = ${quote(options.status)}`);
  if (options.authority !== undefined) terms.push(`authority = ${quote(options.authority)}`);
  if (options.owner !== undefined) terms.push(`owner = ${quote(options.owner)}`);
  if (options.canaries) terms.push('profile = "canary"');
  if (options.expiresWithin !== undefined) {
    const now = new Date();
    const end = new Date(now.getTime() + parseDuration(options.expiresWithin) * 1000);
    terms.push(`not_after > ${now.toISOString()}`, `not_after < ${end.toISOString()}`);
  }
  return ListCertificatesRequest.create({ pageSize, pageToken: options.pageToken ?? "", filter: terms.join(" AND ") });
}

function show({ certificates, nextPageToken }: ListCertificatesResponse, isFiltered: boolean): void {
  if (certificates.length === 0) {
    if (isFiltered) print("No certificate matches. `latchkey list` shows them all.");
    else print('No certificates. `latchkey invite "My phone"` makes the first one.');
    return;
  }
  const now = new Date();
  printTable(certificates, [
    { title: "NAME", text: ({ deviceName }) => deviceName, shrinks: true },
    { title: "STATUS", text: ({ status }) => status, colour: ({ status }, text) => statusColour(status)(text) },
    {
      title: "AUTHORITY",
      text: ({ authority, operatorRole }) => (operatorRole === "" ? authority : `${authority} (${operatorRole})`),
      shrinks: true,
    },
    { title: "OWNER", text: ({ owner }) => owner, shrinks: true },
    { title: "ENDS", text: (certificate) => ends(certificate, now) },
    ...(certificates.some(({ lastSeenTime }) => lastSeenTime !== undefined)
      ? [{ title: "SEEN", text: ({ lastSeenTime }: Certificate) => (lastSeenTime === undefined ? "" : relative(lastSeenTime, now)) }]
      : []),
    { title: "SERIAL NUMBER", text: ({ serialNumber }) => serialNumber, colour: (_, text) => dim(text), shrinks: true },
  ]);
  if (nextPageToken !== "") note(`\nThere are more: --all, or --page-token ${nextPageToken}`);
}

function ends({ notAfter }: Certificate, now: Date): string {
  return notAfter === undefined ? "" : `${notAfter.toISOString().slice(0, 10)} (${relative(notAfter, now)})`;
}

export function statusColour(status: string): (text: string) => string {
  if (status === "valid") return green;
  return status === "held" ? yellow : status === "revoked" ? red : dim;
}
