import type { Command } from "commander";
import { ListCertificatesRequest, RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { type Connection, call } from "../connect/connect.js";
import { type Chosen, type StandingOptions, standingCommand } from "./change-standing.js";
import { CommandError } from "./error.js";
import { confirm } from "./question.js";
import { quote } from "./resolve.js";
import { printable } from "./terminal.js";

interface RevokeOptions extends StandingOptions {
  readonly reason?: string;
  readonly authority?: string;
}

export function revokeCommand(): Command {
  return standingCommand<RevokeOptions>({
    name: "revoke",
    description: "Take a device's (or operator's) certificates away, and wait until nginx refuses them",
    example: `latchkey revoke "Anna's phone" --reason keyCompromise`,
    past: "Revoked",
    other: {
      flag: "--authority ADOPTED-CA",
      isGiven: ({ authority }) => authority !== undefined,
      choose: (connection, { authority = "", yes }) => chooseAuthority(connection, authority, yes),
    },
    change: ({ certificates }, selector, { reason, yes }) => {
      const request = RevokeCertificateRequest.create({ selector, reason: reason ?? "", allowLastAdmin: yes === true });
      return call(certificates, "revokeCertificate", request);
    },
  })
    .option("--authority <adopted-ca>", "a CA that was adopted, instead of an id: all that it has ever issued is refused, for good")
    .option(
      "--reason <reason>",
      "keyCompromise, cACompromise, superseded, cessationOfOperation, affiliationChanged or privilegeWithdrawn (RFC 5280)",
    );
}

/** For good, and many at once: not without a word. */
async function chooseAuthority(connection: Connection, authority: string, yes: boolean | undefined): Promise<Chosen> {
  const filter = `authority = ${quote(authority)} AND status = "valid"`;
  if (yes !== true) {
    const { certificates, nextPageToken } = await call(
      connection.certificates,
      "listCertificates",
      ListCertificatesRequest.create({ filter, pageSize: 1000 }),
    );
    const count = `${certificates.length}${nextPageToken === "" ? "" : " and more"} valid certificate${certificates.length === 1 ? "" : "s"} on record`;
    const all = `${printable(authority)} has ${count}. These and whatever else it has issued will be refused, for good.`;
    if (!(await confirm(`${all} Revoke it?`))) throw new CommandError("NOT_CONFIRMED", `${all} Say --yes to do it. Nothing was changed.`);
  }
  return { selector: { selected: { $case: "authority", value: authority } }, label: `the CA ${authority}` };
}
