import type { Command } from "commander";
import { RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { call } from "../connect/connect.js";
import { type StandingOptions, standingCommand } from "./change-standing.js";

interface RevokeOptions extends StandingOptions {
  readonly reason?: string;
}

export function revokeCommand(): Command {
  return standingCommand<RevokeOptions>({
    name: "revoke",
    description: "Take a device's (or operator's) certificates away, and wait until nginx refuses them",
    example: `latchkey revoke "Anna's phone" --reason keyCompromise`,
    past: "Revoked",
    change: ({ certificates }, selector, { reason, yes }) => {
      const request = RevokeCertificateRequest.create({ selector, reason: reason ?? "", allowLastAdmin: yes === true });
      return call(certificates, "revokeCertificate", request);
    },
  }).option("--reason <reason>", "keyCompromise, superseded, cessationOfOperation, affiliationChanged or privilegeWithdrawn (RFC 5280)");
}
