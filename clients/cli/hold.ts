import type { Command } from "commander";
import { HoldCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { call } from "../connect/connect.js";
import { standingCommand } from "./change-standing.js";

export function holdCommand(): Command {
  return standingCommand({
    name: "hold",
    description: "Suspend a device that is lost, perhaps; `release` undoes it",
    example: `latchkey hold "Anna's phone"`,
    past: "Held",
    change: ({ certificates }, selector) => call(certificates, "holdCertificate", HoldCertificateRequest.create({ selector })),
  });
}
